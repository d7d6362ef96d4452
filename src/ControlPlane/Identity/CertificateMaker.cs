using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MeshConsole.ControlPlane.Identity;

/// <summary>Makes X.509 certificates; decides nothing about names, lives and keys.</summary>
internal static class CertificateMaker
{
    /// <summary>Certificates begin a little in the past, for peers whose clock is late.</summary>
    public static readonly TimeSpan Backdated = TimeSpan.FromMinutes(5);

    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>A CA certificate; signed by itself when there is no <paramref name="issuer"/>.</summary>
    public static X509Certificate2 Authority(CertificateRequest request, X509Certificate2? issuer, int? pathLength, DateTimeOffset from, DateTimeOffset until)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, pathLength.HasValue, pathLength ?? 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        if (issuer is null)
        {
            return request.CreateSelfSigned(from, until);
        }

        AddAuthorityKey(request, issuer);
        return request.Create(issuer, from, until, Serial());
    }

    /// <summary>A server certificate without its key.</summary>
    public static X509Certificate2 Server(string commonName, ECDsa key, IEnumerable<string> names, X509Certificate2 issuer, DateTimeOffset from, DateTimeOffset until)
    {
        var request = new CertificateRequest($"CN={commonName}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        AddAuthorityKey(request, issuer);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        return request.Create(issuer, from, until, Serial());
    }

    /// <summary>
    /// Alternative names that are URIs, written as they are: <see cref="SubjectAlternativeNameBuilder"/> would make
    /// <c>spiffe://mesh/</c> of <c>spiffe://mesh</c>, which is another identity.
    /// </summary>
    public static X509Extension UriNames(params IEnumerable<string> uris)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (var uri in uris)
            {
                writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, new Asn1Tag(TagClass.ContextSpecific, 6));
            }
        }

        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }

    private static void AddAuthorityKey(CertificateRequest request, X509Certificate2 issuer) =>
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, includeKeyIdentifier: true, includeIssuerAndSerial: false));

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x7F) | 0x01); // positive, and not zero
        return serial;
    }
}
