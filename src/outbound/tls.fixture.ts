import tls from 'node:tls';

/** A key and its certificate for `secure.test`, `localhost` and 127.0.0.1, from 2020 to 2120. They protect nothing. */
export const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgX6lQSEFpAqYDWlkB
GiG+vv7xDj3pdG/dIRgRtVE9royhRANCAAQbtUXivvnu/uY9BN5lax+pS34XPF2+
IGSqqzEvWDnbXIz8vxLmfapQ277r4xEPlKVs7yjevIZkMUBpco3RKOc/
-----END PRIVATE KEY-----
`;

export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBezCCASCgAwIBAgIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxQYXJsZXkg
dGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBcxFTATBgNV
BAMMDFBhcmxleSB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBu1ReK+
+e7+5j0E3mVrH6lLfhc8Xb4gZKqrMS9YOdtcjPy/EuZ9qlDbvuvjEQ+UpWzvKN68
hmQxQGlyjdEo5z+jWzBZMA8GA1UdEwEB/wQFMAMBAf8wJwYDVR0RBCAwHoILc2Vj
dXJlLnRlc3SCCWxvY2FsaG9zdIcEfwAAATAdBgNVHQ4EFgQUPcIW+K9TePfOZRsn
MtyNLq0iSQAwCgYIKoZIzj0EAwIDSQAwRgIhAJ53o92Kpzzx88M8IYT/maWgx5ae
ViyNc0m50kvxNlCVAiEA8SxMK8nxr25feVQVAxCi2qgLi9Ugxuu7iTDxFo1e9Wk=
-----END CERTIFICATE-----
`;

/** For this test file's process. */
export function trustTestCertificate(): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), testCertificate]);
}
