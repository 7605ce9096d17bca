package io.qtrace.io;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TestFormatException {
  @Test
  void namesFileByteAndReason() {
    FormatException fault = new FormatException("s3a://b/a%0Ab.pt", 7, "Invalid opcode");
    assertThat(fault).hasMessage("s3a://b/a%0Ab.pt: at byte 7: Invalid opcode");
    assertThat(fault.position()).isEqualTo(7);
    assertThat(fault.reason()).isEqualTo("Invalid opcode");
  }

  // A java.net.URI escapes ASCII only.
  @Test
  void showsNoCharacterOfAFileNameThatWouldHideOrReorder() {
    FormatException fault = new FormatException("file:/層/\u202etp.a\n\u001b[2J", 0, "Invalid file");
    assertThat(fault).hasMessage("file:/層/\\u202etp.a\\n\\u001b[2J: at byte 0: Invalid file");
    assertThat(fault.file()).isEqualTo("file:/層/\u202etp.a\n\u001b[2J");
  }
}
