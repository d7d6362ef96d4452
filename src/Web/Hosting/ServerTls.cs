using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using MeshConsole.ControlPlane.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MeshConsole.Web.Hosting;

/// <summary>TLS of our listeners: the newest certificate for each connection, with its chain, TLS 1.2 and 1.3.</summary>
internal sealed class ServerTls(ServerCertificates certificates)
{
    private volatile CertificateContext? cached;

    /// <summary>Puts TLS on a listener.</summary>
    public void Apply(ListenOptions listener) => listener.UseHttps(new TlsHandshakeCallbackOptions
    {
        HandshakeTimeout = TimeSpan.FromSeconds(10),
        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = Context(),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = listener.Protocols == HttpProtocols.Http2
                ? [SslApplicationProtocol.Http2]
                : [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        }),
    });

    private SslStreamCertificateContext Context()
    {
        var current = certificates.Current;
        var known = cached;
        if (known is null || !ReferenceEquals(known.Certificate, current))
        {
            known = new CertificateContext(current, SslStreamCertificateContext.Create(current, certificates.Chain, offline: true));
            cached = known;
        }

        return known.Context;
    }

    private sealed record CertificateContext(X509Certificate2 Certificate, SslStreamCertificateContext Context);
}
