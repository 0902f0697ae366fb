# shellcheck shell=bash
# Proxies and certificate authorities: some programs read one spelling or one variable, some another.

readonly PROXY_VARIABLES=(http_proxy https_proxy all_proxy no_proxy)
readonly CA_VARIABLES=(SSL_CERT_FILE CURL_CA_BUNDLE GIT_SSL_CAINFO REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS)
: "${SYSTEM_CA_BUNDLE:=/etc/ssl/certs/ca-certificates.crt}"
: "${IMAGE_CA_FOLDER:=/usr/local/share/ca-certificates/runnerctl}"

# A proxy's address may hold a password: it is judged, and never shown.
check_proxies() {
  local name upper value
  for name in "${PROXY_VARIABLES[@]}"; do
    upper="${name^^}"
    value="${!name:-${!upper:-}}"
    if [[ -n "${!name:-}" && -n "${!upper:-}" && "${!name}" != "${!upper}" ]]; then
      problem "$name and $upper differ: programs read one or the other, so set both to the same or only one"
    elif [[ "$name" == no_proxy || -z "$value" ]]; then
      continue
    elif [[ ! "$value" =~ ^((https?|socks5h?)://)?[^[:space:]/]+(:[0-9]+)?/?$ ]]; then
      problem "$upper is malformed: the address of a proxy, such as http://proxy.example.com:3128"
    fi
  done
}

check_extra_certificates() {
  read_secret EXTRA_CA
  if [[ -n "$EXTRA_CA" ]] && ! openssl x509 -noout <<<"$EXTRA_CA" 2>/dev/null; then
    problem "EXTRA_CA (or the file EXTRA_CA_FILE) is malformed: certificates in PEM form"
  fi
}

check_network() {
  check_proxies
  check_extra_certificates
}

# Curl knows http_proxy in lower case alone, other programs only the other spelling.
spread_proxies() {
  local name upper
  for name in "${PROXY_VARIABLES[@]}"; do
    upper="${name^^}"
    if [[ -n "${!name:-}" ]]; then
      export "$upper=${!name}"
    elif [[ -n "${!upper:-}" ]]; then
      export "$name=${!upper}"
    fi
  done
}

image_has_certificates() {
  compgen -G "$IMAGE_CA_FOLDER/*.crt" >/dev/null
}

# Certificates that the image brings are in the system's bundle already, which Node and Python's
# requests do not read by themselves. Those of EXTRA_CA join it in a file of their own, because only
# root may change the bundle.
spread_certificates() {
  local bundle="$SYSTEM_CA_BUNDLE" name
  if [[ -n "$EXTRA_CA" ]]; then
    bundle="$(mktemp "${TMPDIR:-/tmp}/ca.XXXXXXXX.pem")"
    cat -- "${SSL_CERT_FILE:-$SYSTEM_CA_BUNDLE}" >"$bundle"
    printf '%s\n' "$EXTRA_CA" >>"$bundle"
    for name in "${CA_VARIABLES[@]}"; do
      export "$name=$bundle"
    done
  elif image_has_certificates; then
    export NODE_EXTRA_CA_CERTS="${NODE_EXTRA_CA_CERTS:-$bundle}"
    export REQUESTS_CA_BUNDLE="${REQUESTS_CA_BUNDLE:-$bundle}"
  fi
}

prepare_network() {
  spread_proxies
  spread_certificates
}
