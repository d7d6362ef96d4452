using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.Cli.Generate;

/// <summary>Self-signed certificates for servers and clients; such a certificate is its own CA, so it is given out as both.</summary>
internal static class SelfSigned
{
    private static readonly TimeSpan Validity = TimeSpan.FromDays(3650);

    /// <summary>Makes a certificate and its key, both PEM (the key PKCS#8).</summary>
    /// <param name="forServer">True for a server, false for a client.</param>
    /// <param name="hosts">Names and IP addresses of the server; may be empty for a client.</param>
    /// <param name="ecdsa">True for ECDSA P-256, false for RSA 2048.</param>
    /// <param name="now">The time.</param>
    public static (string Certificate, string Key) Create(bool forServer, IReadOnlyList<string> hosts, bool ecdsa, DateTimeOffset now)
    {
        var subject = new X500DistinguishedName($"CN={(hosts.Count > 0 ? hosts[0] : forServer ? "server" : "client")}");
        using var rsa = ecdsa ? null : RSA.Create(2048);
        using var ec = ecdsa ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        var request = rsa is not null
            ? new CertificateRequest(subject, rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(subject, ec!, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign | (ecdsa ? X509KeyUsageFlags.None : X509KeyUsageFlags.KeyEncipherment), critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(forServer ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], critical: false));
        if (hosts.Count > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (var host in hosts)
            {
                if (IPAddress.TryParse(host, out var address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(host);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.CreateSelfSigned(now - TimeSpan.FromMinutes(5), now + Validity);
        return (certificate.ExportCertificatePem() + "\n", (rsa?.ExportPkcs8PrivateKeyPem() ?? ec!.ExportPkcs8PrivateKeyPem()) + "\n");
    }
}
