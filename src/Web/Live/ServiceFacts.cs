using System.Collections.Immutable;
using System.Text.Json;
using MeshConsole.Shared;

namespace MeshConsole.Web.Live;

/// <summary>One port of a service.</summary>
/// <param name="Port">Number that clients use.</param>
/// <param name="Name">Its name, or empty.</param>
/// <param name="Protocol">Protocol.</param>
public sealed record PortFacts(int Port, string Name, string Protocol)
{
    /// <inheritdoc />
    public override string ToString() => Name.Length > 0 && Name != Port.ToString(System.Globalization.CultureInfo.InvariantCulture) ? $"{Port} {Name} ({Protocol})" : $"{Port} ({Protocol})";
}

/// <summary>A MeshService or MeshMultiZoneService as lists, pages and the traffic editor show it.</summary>
public sealed record ServiceFacts
{
    /// <summary>Its key.</summary>
    public required ResourceKey Key { get; init; }

    /// <summary><c>MeshService</c>, <c>MeshMultiZoneService</c> or <c>MeshExternalService</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Name as a person gave it.</summary>
    public required string Name { get; init; }

    /// <summary>Its mesh.</summary>
    public required string Mesh { get; init; }

    /// <summary>Its zone; empty for services of all zones.</summary>
    public required string Zone { get; init; }

    /// <summary>Revision, for equality.</summary>
    public required long Revision { get; init; }

    /// <summary>Its labels.</summary>
    internal ImmutableSortedDictionary<string, string> Labels { get; init; } = MeshConsole.Shared.Labels.None;

    /// <summary>Its ports.</summary>
    internal ImmutableArray<PortFacts> Ports { get; init; } = [];

    /// <summary>Names under which it can be called.</summary>
    internal ImmutableArray<string> Hostnames { get; init; } = [];

    /// <summary>MeshService: the tags its proxies have.</summary>
    internal ImmutableSortedDictionary<string, string> Selector { get; init; } = MeshConsole.Shared.Labels.None;

    /// <summary>MeshMultiZoneService: labels of the services it joins.</summary>
    internal ImmutableSortedDictionary<string, string> Joins { get; init; } = MeshConsole.Shared.Labels.None;

    /// <summary>MeshMultiZoneService: how many services it joins, as its status says.</summary>
    public int Matched { get; init; }

    /// <summary>Proxies it selects; null when no status says so.</summary>
    public int? Proxies { get; init; }

    /// <summary>Proxies of these that are connected and healthy.</summary>
    public int? Healthy { get; init; }

    /// <summary>Ports for reading.</summary>
    public string PortText => string.Join(", ", Ports);

    /// <summary>Reads a service, once per resource.</summary>
    public static ServiceFacts Of(Resource resource) => resource.Memo(Read);

    /// <inheritdoc />
    public bool Equals(ServiceFacts? other) => other is not null && Key == other.Key && Revision == other.Revision;

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Key, Revision);

    private static ServiceFacts Read(Resource resource)
    {
        var spec = resource.Spec.Parse();
        var status = resource.Status?.Parse();
        var selector = Child(spec, "selector");
        var proxies = Child(status, "dataplaneProxies");
        return new ServiceFacts
        {
            Key = resource.Key,
            Kind = resource.Kind.Name,
            Name = resource.DisplayName,
            Mesh = resource.Mesh,
            Zone = resource.Zone ?? "",
            Revision = resource.Revision,
            Labels = resource.Labels,
            Ports = [.. Items(Child(spec, "ports")).Select(ReadPort)],
            Hostnames = [.. Items(Child(status, "addresses")).Select(a => Text(a, "hostname")).Where(h => h.Length > 0)],
            Selector = ReadMap(Child(selector, "dataplaneTags")),
            Joins = ReadMap(Child(Child(selector, "meshService"), "matchLabels")),
            Matched = Items(Child(status, "meshServices")).Count(),
            Proxies = Number(proxies, "total"),
            Healthy = Number(proxies, "healthy"),
        };
    }

    private static PortFacts ReadPort(JsonElement port) =>
        new(Number(port, "port") ?? 0, Text(port, "name"), Text(port, "appProtocol") is { Length: > 0 } p ? p : "tcp");

    private static JsonElement? Child(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } e && e.TryGetProperty(name, out var child) ? child : null;

    private static JsonElement.ArrayEnumerator Items(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } e ? e.EnumerateArray() : default;

    private static string Text(JsonElement element, string name) =>
        Child(element, name) is { ValueKind: JsonValueKind.String } t ? t.GetString()! : "";

    private static int? Number(JsonElement? element, string name) =>
        Child(element, name) is { ValueKind: JsonValueKind.Number } n && n.TryGetInt32(out var value) ? value : null;

    private static ImmutableSortedDictionary<string, string> ReadMap(JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Object } e
            ? MeshConsole.Shared.Labels.None.AddRange(e.EnumerateObject()
                .Where(m => m.Value.ValueKind == JsonValueKind.String)
                .Select(m => KeyValuePair.Create(m.Name, m.Value.GetString()!)))
            : MeshConsole.Shared.Labels.None;
}
