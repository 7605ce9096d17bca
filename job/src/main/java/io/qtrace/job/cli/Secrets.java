package io.qtrace.job.cli;

import java.util.regex.Pattern;

/** Removes passwords from the messages of drivers and catalogs, which often quote URIs. */
final class Secrets {
  private static final String HIDDEN = "***";

  // user:password@host of a URI
  private static final Pattern USER = Pattern.compile("(?<=://)([^/\\s:@]*):[^/\\s@]*@");

  // password=... of a URI, a property or a JSON text
  private static final Pattern NAMED =
      Pattern.compile(
          "(?i)((?:password|passwd|pwd|secret(?:[._-]?(?:access[._-]?)?key)?|access[._-]?key|token"
              + "|credential)[\"']?\\s*[=:]\\s*)(?:\"[^\"]*\"|'[^']*'|[^\\s&;,)}\\]]+)");

  private Secrets() {}

  static String hidden(String text) {
    String named = NAMED.matcher(text).replaceAll("$1" + HIDDEN);
    return USER.matcher(named).replaceAll("$1:" + HIDDEN + "@");
  }
}
