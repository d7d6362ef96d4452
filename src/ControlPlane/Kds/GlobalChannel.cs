using Grpc.Net.Client;
using MeshConsole.ControlPlane.Identity;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Makes connections to global.</summary>
internal static class GlobalChannel
{
    public static GrpcChannel Create(KdsClientOptions options, PeerTrust trust)
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
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
        };
        if (tls)
        {
            handler.SslOptions = trust.ToSslOptions();
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
}
