using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Identity;

/// <summary>
/// How a client decides whether the server at the other end is the right one: by a CA file, by the fingerprint of a
/// certificate that the server presents, by what the system trusts, or not at all. Made once, asked for each connection.
/// </summary>
public sealed class PeerTrust : IDisposable
{
    private readonly X509Certificate2Collection authorities;
    private readonly string? fingerprint;
    private readonly bool skip;
    private readonly TimeProvider time;
    private volatile string? lastRefusal;

    private PeerTrust(X509Certificate2Collection authorities, string? fingerprint, bool skip, TimeProvider time)
    {
        this.authorities = authorities;
        this.fingerprint = fingerprint;
        this.skip = skip;
        this.time = time;
    }

    /// <summary>Why the newest connection was refused, in a sentence; null when it was not.</summary>
    public string? LastRefusal => lastRefusal;

    /// <summary>Reads the choice; at most one may be made, and none means the roots of the system.</summary>
    /// <param name="caFile">PEM file with one or more CA certificates, or null.</param>
    /// <param name="caFingerprint">SHA-256 of any certificate of the presented chain, or null.</param>
    /// <param name="skipVerify">True to trust anybody; for trying out.</param>
    /// <param name="time">The clock.</param>
    public static Result<PeerTrust> From(string? caFile, string? caFingerprint, bool skipVerify, TimeProvider time)
    {
        const string Title = "Could not read the trust settings";
        var chosen = (caFile is { Length: > 0 } ? 1 : 0) + (caFingerprint is { Length: > 0 } ? 1 : 0) + (skipVerify ? 1 : 0);
        if (chosen > 1)
        {
            return Refusal.Invalid("tls", "give only one of CA file, CA fingerprint and skip", Title);
        }

        if (caFingerprint is { Length: > 0 })
        {
            return Fingerprint.TryParse(caFingerprint, out var parsed)
                ? new PeerTrust([], parsed, skip: false, time)
                : Refusal.Invalid("caFingerprint", "is the SHA-256 of a certificate: 64 hex digits", Title);
        }

        var authorities = new X509Certificate2Collection();
        if (caFile is { Length: > 0 })
        {
            try
            {
                authorities.ImportFromPemFile(caFile);
            }
            catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
            {
                return Refusal.Invalid("caFile", $"{caFile} cannot be read: {e.Message}", Title);
            }

            if (authorities.Count == 0)
            {
                return Refusal.Invalid("caFile", $"{caFile} holds no certificate", Title);
            }
        }

        return new PeerTrust(authorities, fingerprint: null, skipVerify, time);
    }

    /// <summary>For <c>SocketsHttpHandler.SslOptions</c>.</summary>
    public SslClientAuthenticationOptions ToSslOptions() => new() { RemoteCertificateValidationCallback = Validate };

    /// <summary>The callback itself.</summary>
    public bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var refusal = certificate is X509Certificate2 server
            ? Check(server, [.. Presented(chain)], errors)
            : "The server shows no certificate.";
        lastRefusal = refusal;
        return refusal is null;
    }

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var authority in authorities)
        {
            authority.Dispose();
        }
    }

    /// <summary>What the server sent, and what was found for its chain.</summary>
    private static IEnumerable<X509Certificate2> Presented(X509Chain? chain) => chain is null
        ? []
        : chain.ChainPolicy.ExtraStore.Concat(chain.ChainElements.Select(e => e.Certificate));

    private static string? NameRefusal(X509Certificate2 server, SslPolicyErrors errors)
    {
        if (!errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return null;
        }

        var extension = server.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        var names = extension is null ? "" : string.Join(", ", extension.EnumerateDnsNames().Concat(extension.EnumerateIPAddresses().Select(a => a.ToString())).Take(20));
        return $"The server's certificate is for other names ({names}) than the one in the address. Use one of them, or add the name at the server (setting Tls:Names).";
    }

    private string? Check(X509Certificate2 server, X509Certificate2[] presented, SslPolicyErrors errors)
    {
        if (skip)
        {
            return null;
        }

        if (fingerprint is not null)
        {
            return CheckFingerprint(server, presented, errors);
        }

        if (authorities.Count > 0)
        {
            return ChainRefusal(server, presented, authorities, "is not signed by the CA in the CA file") ?? NameRefusal(server, errors);
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? "The server's certificate is not signed by a CA that this system trusts. Give the server's CA by file or by fingerprint."
            : NameRefusal(server, errors);
    }

    private string? CheckFingerprint(X509Certificate2 server, X509Certificate2[] presented, SslPolicyErrors errors)
    {
        if (Fingerprint.Matches(server, fingerprint!))
        {
            return TimeRefusal(server); // this very certificate was named, so its names do not matter
        }

        var pinned = presented.FirstOrDefault(c => Fingerprint.Matches(c, fingerprint!));
        if (pinned is null)
        {
            return $"No certificate that the server presents has the fingerprint {fingerprint}. Either this is another server, or its CA was replaced: compare with the fingerprint that the console shows.";
        }

        // A CA that MeshConsole made for itself signs nothing but its own certificate, so names add nothing: the zone may reach
        // it by an address that it does not know of. Any other CA may have signed for others too.
        return ChainRefusal(server, presented, [pinned], "is not signed by the CA with the given fingerprint")
            ?? (pinned.Subject == ServerCertificates.AuthoritySubject ? null : NameRefusal(server, errors));
    }

    /// <summary>
    /// Null when the server's certificate is good now and leads to one of <paramref name="anchors"/>. An anchor need not be a
    /// root: who names it has decided to trust it.
    /// </summary>
    private string? ChainRefusal(X509Certificate2 server, X509Certificate2[] presented, X509Certificate2Collection anchors, string otherwise)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        chain.ChainPolicy.CustomTrustStore.AddRange(anchors);
        chain.ChainPolicy.ExtraStore.AddRange(presented);
        // What ends at an anchor that is no root reads as a partial chain or as an unknown authority; whether it leads to an
        // anchor is looked at below, certificate by certificate.
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        var built = chain.Build(server);
        if (TimeRefusal(server) is { } timeRefusal)
        {
            return timeRefusal;
        }

        if (anchors.Any(a => a.RawDataMemory.Span.SequenceEqual(server.RawDataMemory.Span)))
        {
            return null; // the file holds the server's certificate itself, as with a self-signed one
        }

        var leadsThere = chain.ChainElements.Skip(1).Any(e => anchors.Any(a => a.RawDataMemory.Span.SequenceEqual(e.Certificate.RawDataMemory.Span)));
        if (!leadsThere)
        {
            return $"The server's certificate {otherwise}.";
        }

        var fault = chain.ChainStatus.FirstOrDefault(s => s.Status is not (X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain or X509ChainStatusFlags.NoError));
        return built && fault.Status == X509ChainStatusFlags.NoError
            ? null
            : $"The server's certificate cannot be used: {fault.StatusInformation?.Trim()}";
    }

    private string? TimeRefusal(X509Certificate2 server)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (now > server.NotAfter.ToUniversalTime())
        {
            return $"The server's certificate ended on {server.NotAfter.ToUniversalTime():yyyy-MM-dd}. Restart the server to renew it.";
        }

        return now < server.NotBefore.ToUniversalTime() ? "The server's certificate is not good yet; check the clocks of both machines." : null;
    }
}
