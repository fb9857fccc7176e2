#!/bin/sh
# Makes the certificates of the TLS tests anew: a CA, two servers and a client, valid for a hundred years.
set -eu
cd "$(dirname "$0")"
ec() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
signed() { # name, extensions
  ec "$1"
  openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
  printf '%s\n' "$2" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 36500 -extfile "$1.ext" -out "$1.pem"
  rm "$1.csr" "$1.ext"
}
ec ca
openssl req -x509 -new -key ca.key -days 36500 -subj '/CN=viaduct test CA' -out ca.pem
signed server 'subjectAltName=DNS:sip.example.com,DNS:localhost,IP:127.0.0.1,IP:::1'
signed other 'subjectAltName=DNS:other.example.com'
signed client 'subjectAltName=DNS:client.example.com'
rm ca.key ca.srl
