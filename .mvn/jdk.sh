# Sets JAVA_HOME to a JDK 25 or newer, or says how to get one. Sourced by ./mvnw and ./millrace.
# Looks at JAVA_HOME, then at the java on the path, then below /usr/lib/jvm (newest first).

millrace_jdk_feature() { # prints the feature release (25) of the JDK at $1, or nothing
  [ -x "$1/bin/javac" ] || return 0
  if [ -r "$1/release" ]; then
    sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
  else
    "$1/bin/javac" -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p'
  fi
}

millrace_use_jdk() { # succeeds and exports JAVA_HOME when $1 is a JDK 25 or newer
  feature=$(millrace_jdk_feature "$1")
  [ -n "$feature" ] && [ "$feature" -ge 25 ] || return 1
  JAVA_HOME=$1
  export JAVA_HOME
}

millrace_find_jdk() {
  if [ -n "${JAVA_HOME:-}" ] && millrace_use_jdk "$JAVA_HOME"; then return 0; fi
  on_path=$(command -v javac 2>/dev/null || true)
  if [ -n "$on_path" ]; then
    on_path=$(readlink -f "$on_path" 2>/dev/null || printf '%s' "$on_path")
    if millrace_use_jdk "${on_path%/bin/javac}"; then return 0; fi
  fi
  for home in $(ls -d ${MILLRACE_JVM_DIRECTORY:-/usr/lib/jvm}/*/ /Library/Java/JavaVirtualMachines/*/Contents/Home/ 2>/dev/null | sort -r); do
    if millrace_use_jdk "${home%/}"; then return 0; fi
  done
  echo "millrace: no JDK 25 or newer in JAVA_HOME, on the path or in /usr/lib/jvm." >&2
  for package in temurin-25-jdk openjdk-25-jdk-headless java-25-openjdk-devel; do
    if command -v apt-cache >/dev/null 2>&1 && apt-cache show "$package" >/dev/null 2>&1; then
      echo "millrace: this system has one: sudo apt-get install $package" >&2
      return 1
    fi
    if command -v dnf >/dev/null 2>&1 && dnf -q info "$package" >/dev/null 2>&1; then
      echo "millrace: this system has one: sudo dnf install $package" >&2
      return 1
    fi
  done
  echo "millrace: get Temurin 25 from https://adoptium.net, unpack it, and set JAVA_HOME to its directory." >&2
  return 1
}
