# Functions of scripts/qtrace. $root is the project's folder.

jar=$root/job/target/qtrace-job.jar
spark=${SPARK_HOME:-$root/job/target/spark}

export LOG4J_CONFIGURATION_FILE=${LOG4J_CONFIGURATION_FILE:-$root/conf/log4j2.properties}

archive=$root/job/target/spark/qtrace.jsa

# A JVM that maps an archive of Spark's classes and ours starts in half the time; ours must be found where Spark's are. One
# that does not fit, after a change of Java, is ignored; what the JVM has to say about that would go to stdout.
archive_options=("-XX:SharedArchiveFile=$archive" -Xlog:disable -Xlog:all=error:stderr)
if [ -z "$SPARK_HOME" ]; then export SPARK_DIST_CLASSPATH=$jar; fi

say() { printf 'qtrace: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 2
}

# Sets $java, of a version that Spark runs on.
find_java() {
  java=${JAVA_HOME:+$JAVA_HOME/bin/}java
  local version
  version=$("$java" -XX:TieredStopAtLevel=1 -version 2>&1) ||
    die "Cannot run $java: expected a JDK 17 or later, on the PATH or in JAVA_HOME"
  if [[ $version =~ version\ \"([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -lt 17 ]; then
    die "Unsupported Java: $java is version ${BASH_REMATCH[1]}, expected a JDK 17 or later (set JAVA_HOME)"
  fi
}

# Shade renames the jar without dependencies as its last step but one: without that file the build did not end.
has_jar() { [ -f "$jar" ] && [ -f "$root/job/target/original-qtrace-job.jar" ]; }
has_spark() { [ -n "$SPARK_HOME" ] || [ -f "$spark/RELEASE" ]; }
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
  mkdir "$new/conf"
  cp -R "$root/scripts/embedded/." "$new/"
  mv "$new" "$spark"
}

maven() { (cd "$root" && mvn "$@" 9>&- >&2) || die "Cannot build: Maven failed, see above"; }

# Archives the classes that an audit of old and new checkpoints loads. Without an archive, starts are only slower.
warm_up() {
  say "first call: preparing faster starts"
  local folder=$root/job/target/warmup
  rm -rf "$folder"
  mkdir "$folder"
  warm_up_audit "$root/job/src/sample/archive/runs/debug_lut_training"
  warm_up_audit "$root/job/src/sample/archive" "\"-XX:ArchiveClassesAtExit=$folder/jsa\""
  if [ ! -f "$folder/jsa" ]; then touch "$folder/jsa"; fi
  mv -f "$folder/jsa" "$archive"
  rm -rf "$folder"
}

warm_up_audit() {
  SPARK_SUBMIT_OPTS="$2 -Xlog:disable -XX:TieredStopAtLevel=1" \
    "$spark/bin/spark-submit" "${own_settings[@]}" --class io.qtrace.job.cli.Main "$jar" \
    audit --archive "$1" --warehouse "$folder" >/dev/null 2>&1 9>&- || true
}

# conf/, on top of what SPARK_HOME has configured.
own_settings=(--properties-file "$root/conf/spark-defaults.conf" --load-spark-defaults)

submit() {
  local settings=()
  if [ -z "$SPARK_CONF_DIR" ]; then settings=("${own_settings[@]}"); fi
  if [ -z "$SPARK_HOME" ]; then
    local option
    for option in "${archive_options[@]}"; do SPARK_SUBMIT_OPTS+=" \"$option\""; done
    export SPARK_SUBMIT_OPTS
  fi
  if [ -t 2 ]; then export QTRACE_STDERR=terminal; fi # quietly puts a pipe before it
  quietly "$spark/bin/spark-submit" "${settings[@]}" "$@"
}

# A command without Spark is short, so it starts fast and takes little; only digests of gigabytes pay for a better compiler.
# Arrow needs java.nio open.
plain() {
  local options=(-XX:+UseSerialGC --add-opens=java.base/java.nio=ALL-UNNAMED)
  case " $* " in
    *' --md5 '* | *' --fingerprint '*) ;;
    *) options+=(-XX:TieredStopAtLevel=1) ;;
  esac
  exec "$java" "${archive_options[@]}" "${options[@]}" -cp "$(class_path)" io.qtrace.job.cli.Main "$@"
}

# Begins as the class path that Spark's launcher makes, which the archive is for.
class_path() { printf '%s' "$spark/conf/:" "$spark"/jars/slf4j-api-*.jar ":$spark/jars/*:$jar"; }

# Becomes a command, without the JVM's notice of the incubator module that Spark asks for: the first line on stderr.
quietly() {
  exec 2> >(drop_notice >&2)
  exec "$@"
}

drop_notice() {
  local line
  IFS= read -r line || { printf '%s' "$line"; return; }
  case $line in
    'WARNING: Using incubator modules:'*) ;;
    *) printf '%s\n' "$line" ;;
  esac
  cat
}
