/** A certificate authority of nobody: its key was thrown away. Always the same, so that layers stay cached. */
export const extraCertificate = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS+gAwIBAgIUCWgOMUqkJmHsUrF7PzQXmuglkI0wCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOcnVubmVyY3RsIHRlc3QwIBcNMjYxMTIxMTA1NTI2WhgPMjEy
NjEwMjgxMDU1MjZaMBkxFzAVBgNVBAMMDnJ1bm5lcmN0bCB0ZXN0MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE/vcuGmmnSdzAgwt3as3e/8qjDwOn9qaHndaSZcqG
kLt5QmwptqAqhoVP/+hb/d/jy0ufuEFRvmENYjvY8n1VGqNTMFEwHQYDVR0OBBYE
FLRPZVoY4XKF2VhsgLAqmmeo/lB1MB8GA1UdIwQYMBaAFLRPZVoY4XKF2VhsgLAq
mmeo/lB1MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgM2WAs88P
SkhTLzZE4CisHd2yt3Opfak3thTywUV51LACIBwyouxXzmxsRlkNuCJ9YgHJmGoI
Lq77ej6XhjIR1Oih
-----END CERTIFICATE-----
`;
