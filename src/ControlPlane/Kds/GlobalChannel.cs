using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Makes connections to global.</summary>
internal static class GlobalChannel
{
    public static GrpcChannel Create(KdsClientOptions options)
    {
        var address = new Uri(options.Address);
        var tls = address.Scheme switch
        {
            "grpcs" => true,
            "grpc" => false,
            _ => throw new InvalidOperationException($"The address {options.Address} must begin with grpcs:// or grpc://."),
        };
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectTimeout = TimeSpan.FromSeconds(10),

            // A Go server punishes pings closer than 15 s; with these a dead link is noticed within 30 s.
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        };
        if (tls)
        {
            handler.SslOptions = Verification(options);
        }

        return GrpcChannel.ForAddress(
            new UriBuilder(tls ? "https" : "http", address.Host, address.Port).Uri,
            new GrpcChannelOptions
            {
                HttpHandler = handler,
                DisposeHttpClient = true,
                MaxReceiveMessageSize = options.MaxMessageBytes,
                MaxSendMessageSize = options.MaxMessageBytes,
                MaxRetryAttempts = 0,
            });
    }

    private static SslClientAuthenticationOptions Verification(KdsClientOptions options)
    {
        if (options.SkipVerify)
        {
#pragma warning disable CA5359 // asked for by the operator, for trials
            return new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359
        }

        if (options.CaFingerprint is { Length: > 0 } fingerprint)
        {
            var wanted = fingerprint.Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
            return new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
                    certificate is not null && chain is not null && LeadsTo(wanted, new X509Certificate2(certificate), chain),
            };
        }

        if (options.CaFile is { Length: > 0 } file)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(file);
            return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        }

        return new SslClientAuthenticationOptions();
    }

    private static bool LeadsTo(string fingerprint, X509Certificate2 leaf, X509Chain presented)
    {
        if (Is(leaf))
        {
            return true;
        }

        var others = presented.ChainElements.Select(e => e.Certificate).Concat(presented.ChainPolicy.ExtraStore);
        if (others.FirstOrDefault(Is) is not { } known)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority;
        chain.ChainPolicy.CustomTrustStore.Add(known);
        chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        return chain.Build(leaf) && chain.ChainElements.Any(e => Is(e.Certificate));

        bool Is(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint;
    }
}
