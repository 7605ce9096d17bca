# Functions of scripts/qtrace. $root is the project's folder.

jar=$root/job/target/qtrace-job.jar
spark=${SPARK_HOME:-$root/job/target/spark}

export LOG4J_CONFIGURATION_FILE=${LOG4J_CONFIGURATION_FILE:-$root/conf/log4j2.properties}

archive=$root/job/target/spark/qtrace.jsa

# A JVM that maps an archive of Spark's classes and ours starts in half the time; ours must be found where Spark's are. One
# that does not fit, after a change of Java, is ignored; what the JVM has to say about that would go to stdout.
archive_options=("-XX:SharedArchiveFile=$archive" -XX:+DisplayVMOutputToStderr -Xlog:disable -Xlog:all=error:stderr
  "-Xlog:cds*=off:stderr")

# Leaves the better compiler out. Without it a JVM has room for 48 MB of compiled code, which demo fills; 240 MB is what it has
# with it.
quick_options=(-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m)
if [ -z "$SPARK_HOME" ]; then export SPARK_DIST_CLASSPATH=$jar; fi

say() { printf 'qtrace: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 2
}

# What Java 24 and later have to be asked for: memory as Arrow and Netty use it, native code as Hadoop does.
guarded_options=()

# Sets $java, of a version that Spark runs on.
find_java() {
  java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  local version
  version=$("$java" -XX:TieredStopAtLevel=1 -version 2>&1) ||
    die "Cannot run $java: expected a JDK 17 or later, on the PATH or in JAVA_HOME"
  [[ $version =~ version\ \"([0-9]+) ]] || return 0
  if [ "${BASH_REMATCH[1]}" -lt 17 ]; then
    die "Unsupported Java: $java is version ${BASH_REMATCH[1]}, expected a JDK 17 or later (set JAVA_HOME)"
  fi
  if [ "${BASH_REMATCH[1]}" -ge 24 ]; then
    guarded_options=(--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED -Dio.netty.noUnsafe=false)
  fi
}

# Shade renames the jar without dependencies as its last step but one: without that file the build did not end.
has_jar() { [ -f "$jar" ] && [ -f "$root/job/target/original-qtrace-job.jar" ]; }
has_spark() { [ -n "$SPARK_HOME" ] || [ -f "$spark/java-options" ]; }
has_archive() { [ -n "$SPARK_HOME" ] || [ -f "$archive" ]; }
has_all() { has_jar && has_spark && has_archive; }

# Makes what is missing; one call at a time where there is flock.
provide() {
  if [ -z "$QTRACE_BUILD" ] && has_all; then
    return
  fi
  mkdir -p "$root/job/target"
  exec 9>"$root/job/target/.lock"
  if command -v flock >/dev/null; then flock 9; fi
  if [ -n "$QTRACE_BUILD" ] || ! has_jar || ! has_spark; then build; fi
  if ! has_archive; then warm_up; fi
  exec 9>&-
}

build() {
  rm -f "$archive" # of the jar as it was
  command -v mvn >/dev/null || die "Cannot build: no Maven (mvn) on the PATH"
  local javac=${JAVA_HOME:+$JAVA_HOME/bin/}javac
  command -v "$javac" >/dev/null || die "Cannot build: no $javac, expected a JDK 17 or later, not only a JRE"
  say "first call: building $root with Maven, which may download for some minutes"
  local goals=(-B -q -Dstyle.color=never -Dmaven.test.skip=true package)
  if has_spark; then
    maven "${goals[@]}"
    return
  fi
  # Complete or not there at all: an interrupted call leaves no half of a Spark.
  local new=$root/job/target/spark.new
  rm -rf "$new"
  maven "${goals[@]}" -Pembedded-spark "-Dembedded.spark.jars=$new/jars"
  unsign "$new"/jars/janino-*.jar "$new"/jars/commons-compiler-*.jar
  mkdir "$new/conf"
  cp -R "$root/scripts/embedded/." "$new/"
  options_of_spark "$new" >"$new/java-options"
  rm -rf "$spark"
  mv "$new" "$spark"
}

# Removes the signatures of jars: no class archive takes signed classes, and each is verified when it is loaded.
unsign() {
  local tool=${JAVA_HOME:+$JAVA_HOME/bin/}jar signed content
  for signed in "$@"; do
    content=$signed.content
    mkdir "$content"
    (cd "$content" && "$tool" -xf "$signed" && rm -f META-INF/*.SF META-INF/*.DSA META-INF/*.RSA META-INF/*.EC &&
      "$tool" -cfM "$signed" .) || die "Cannot rewrite $signed"
    rm -rf "$content"
  done
}

# What Spark's launcher gives a JVM that runs Spark, an option a line, memory and class path aside.
options_of_spark() {
  SPARK_HOME=$1 SPARK_SCALA_VERSION=2.13 "$java" -cp "$1/jars/*" org.apache.spark.launcher.Main \
    org.apache.spark.deploy.SparkSubmit none | tr '\0' '\n' | grep '^-[-XD]' | grep -v '^-Xmx'
}

maven() { (cd "$root" && mvn "$@" 9>&- >&2) || die "Cannot build: Maven failed, see above"; }

# Archives the classes that commands with Spark load. Without an archive, starts are only slower.
warm_up() {
  say "first call: preparing faster starts"
  local folder=$root/job/target/warmup
  rm -rf "$folder"
  mkdir "$folder"
  local submit=() SPARK_CONF_DIR='' SPARK_SUBMIT_OPTS=''
  if in_process; then
    jvm_options
    "$java" "-XX:ArchiveClassesAtExit=$folder/jsa" -Xlog:disable "${options[@]}" "${quick_options[@]}" \
      -cp "$(class_path)" io.qtrace.job.cli.WarmUp "$root/job/src/sample/archive" "$folder" >/dev/null 2>&1 9>&- || true
  fi
  if [ ! -f "$folder/jsa" ]; then touch "$folder/jsa"; fi
  mv -f "$folder/jsa" "$archive"
  rm -rf "$folder"
}

# Runs a command with Spark, with the options of $submit: in this process where Spark is to run in it, else by spark-submit.
with_spark() {
  if [ -t 2 ]; then export QTRACE_STDERR=terminal; fi # quietly puts a pipe before it
  if in_process; then
    jvm_options
    if is_short "$@"; then options+=("${quick_options[@]}"); fi
    quietly "$java" "${archive_options[@]}" "${options[@]}" -cp "$(class_path)" io.qtrace.job.cli.Main "$@"
  else
    spark_submit "$@"
  fi
}

# Whether a command ends sooner without the better compiler, half of whose time goes into Spark's plans: those that read no
# tensors, or few.
is_short() {
  case $command in
    bisect | demo | maintain | report) ;;
    lineage) case " $* " in *' --archive'*) return 1 ;; esac ;;
    diff | explain) have_little "$@" ;;
    audit) archives_are_small "$@" ;;
    sql) reads_tables_only "$@" ;;
    *) return 1 ;;
  esac
}

# Whether SQL on the command line names neither the data source of checkpoints nor a function of tensors.
reads_tables_only() {
  case $(printf ' %s ' "$*" | tr '[:upper:]' '[:lower:]') in
    *qtrace* | *tensor_* | *q_residual* | *lut_*) return 1 ;;
    *' -e'*) ;;
    *) return 1 ;;
  esac
}

# Whether two of the words are small local files, and no lists of shards.
have_little() {
  local word files=0 bytes=0
  for word in "$@"; do
    case $word in *.json) continue ;; esac
    if [ -f "$word" ]; then
      files=$((files + 1))
      bytes=$((bytes + $(wc -c <"$word")))
    fi
  done
  [ "$files" -eq 2 ] && [ "$bytes" -lt 16777216 ]
}

# Whether the archives among the words are local and small, and so are their checkpoints, which may be links.
archives_are_small() {
  local word before='' folders=() folder bytes=0
  for word in "$@"; do
    case $before in --archive | --base) folders+=("$word") ;; esac
    case $word in --archive=* | --base=*) folders+=("${word#*=}") ;; esac
    before=$word
  done
  [ "${#folders[@]}" -gt 0 ] || return 1
  for folder in "${folders[@]}"; do
    [ -d "$folder" ] || return 1
    [ -z "$(find -L "$folder" -type f -size +16384k -print -quit 2>/dev/null)" ] || return 1
    bytes=$((bytes + 1024 * $(du -Lsk "$folder" 2>/dev/null | cut -f 1)))
  done
  [ "$bytes" -lt 268435456 ]
}

# Sets $settings_file and $settings of a Spark in this process; fails where a command needs spark-submit.
in_process() {
  [ -z "$SPARK_HOME$SPARK_CONF_DIR$SPARK_SUBMIT_OPTS" ] || return 1
  settings_file=$root/conf/spark-defaults.conf
  settings=()
  local i key
  for ((i = 0; i < ${#submit[@]}; i += 2)); do
    case ${submit[i]} in
      --properties-file) settings_file=${submit[i + 1]} ;;
      --conf) settings+=("${submit[i + 1]}") ;;
      --master) settings+=("spark.master=${submit[i + 1]}") ;;
      --driver-memory) settings+=("spark.driver.memory=${submit[i + 1]}") ;;
      *) return 1 ;;
    esac
  done
  [ -r "$settings_file" ] || return 1
  for key in submit.deployMode driver.extraClassPath driver.extraLibraryPath jars jars.packages; do
    [ -z "$(setting "spark.$key")" ] || return 1
  done
  [[ $(setting spark.master) =~ ^(local(\[.*\])?)?$ ]]
}

# The last value of a setting on the command line, else that of the file.
setting() {
  local one value
  value=$(sed -nE "s/^[[:space:]]*${1//./\\.}[[:space:]]*[[:space:]=:][[:space:]]*//p" "$settings_file" | tail -n 1)
  for one in "${settings[@]}"; do
    case $one in "$1="*) value=${one#*=} ;; esac
  done
  printf '%s' "$value"
}

# Sets $options of a JVM that runs Spark with $settings, as spark-submit would.
jvm_options() {
  local memory one
  memory=$(setting spark.driver.memory)
  options=("-Xmx${memory:-1g}" "-Dqtrace.settings=$settings_file" "${guarded_options[@]}")
  for one in "${settings[@]}"; do options+=("-D$one"); done
  while IFS= read -r one; do
    if [ -n "$one" ]; then options+=("$one"); fi
  done < <(
    cat "$spark/java-options"
    printf '%s %s' "$(setting spark.driver.defaultJavaOptions)" "$(setting spark.driver.extraJavaOptions)" | xargs -n 1
  )
}

spark_submit() {
  # conf/, on top of what SPARK_HOME has configured.
  local own=(--properties-file "$root/conf/spark-defaults.conf" --load-spark-defaults)
  if [ -n "$SPARK_CONF_DIR" ]; then own=(); fi
  local options=("${guarded_options[@]}") option
  if [ -z "$SPARK_HOME" ]; then options+=("${archive_options[@]}"); fi
  for option in "${options[@]}"; do SPARK_SUBMIT_OPTS+=" \"$option\""; done
  export SPARK_SUBMIT_OPTS
  quietly "$spark/bin/spark-submit" "${own[@]}" "${submit[@]}" --class io.qtrace.job.cli.Main --name qtrace "$jar" "$@"
}

# A command without Spark is short, so it starts fast and takes little; only digests of gigabytes pay for a better compiler.
# Arrow needs java.nio open.
plain() {
  local options=(-XX:+UseSerialGC --add-opens=java.base/java.nio=ALL-UNNAMED "${guarded_options[@]}")
  case " $* " in
    *' --md5 '* | *' --fingerprint '*) ;;
    *) options+=("${quick_options[@]}") ;;
  esac
  exec "$java" "${archive_options[@]}" "${options[@]}" -cp "$(class_path)" io.qtrace.job.cli.Main "$@"
}

# That of the archive, which Spark's launcher makes alike.
class_path() { printf '%s' "$spark/conf/:" "$spark"/jars/slf4j-api-*.jar ":$spark/jars/*:$jar"; }

# Becomes a command, without the JVM's notices (incubator module, Unsafe, native access): the first lines on stderr.
quietly() {
  exec 2> >(drop_notices >&2)
  exec "$@"
}

drop_notices() {
  trap '' INT # in the shell of `qtrace sql` the command keeps running
  local line
  while IFS= read -r line; do
    case $line in
      'WARNING: '*) ;;
      *)
        printf '%s\n' "$line"
        cat
        return
        ;;
    esac
  done
  printf '%s' "$line"
}
