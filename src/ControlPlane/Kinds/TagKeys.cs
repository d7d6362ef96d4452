namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Tags with a meaning of their own (Kuma's).</summary>
public static class TagKeys
{
    /// <summary>Names the service.</summary>
    public const string Service = "kuma.io/service";

    /// <summary>Protocol of the service, see <see cref="Protocols"/>.</summary>
    public const string Protocol = "kuma.io/protocol";

    /// <summary>Zone of the proxy; set by its control plane.</summary>
    public const string Zone = "kuma.io/zone";

    /// <summary>Name of an ExternalService, inside the control plane.</summary>
    public const string ExternalService = "kuma.io/external-service-name";

    /// <summary>In a selector: any value.</summary>
    public const string Any = "*";
}

/// <summary>Protocols of services.</summary>
public static class Protocols
{
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase) { "http", "http2", "tcp", "tls", "grpc", "kafka", "mysql" };

    private static readonly HashSet<string> OverHttp = new(StringComparer.OrdinalIgnoreCase) { "http", "http2", "grpc" };

    /// <summary>The protocols that are named to people.</summary>
    public const string Hint = "Allowed values: grpc, http, http2, kafka, tcp";

    /// <summary>True for a protocol that is understood.</summary>
    public static bool IsKnown(string protocol) => Known.Contains(protocol);

    /// <summary>True for HTTP in any version, and gRPC.</summary>
    public static bool IsHttp(string protocol) => OverHttp.Contains(protocol);
}
