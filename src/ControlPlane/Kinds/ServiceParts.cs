using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>A port that a service offers.</summary>
public record ServicePort
{
    /// <summary>Name; the number stands in for it when absent.</summary>
    [Description("The name of the port; its number stands in when absent.")]
    public string? Name { get; init; }

    /// <summary>Number.</summary>
    [Required]
    [Description("The port, 1 to 65535.")]
    public int? Port { get; init; }

    /// <summary>Protocol that is spoken.</summary>
    [DefaultValue("tcp")]
    [Description("The protocol: tcp, http, http2, grpc, kafka, mysql or tls. tcp when absent.")]
    public string? AppProtocol { get; init; }

    /// <summary>The name, or the number as text.</summary>
    [JsonIgnore]
    public string SectionName => string.IsNullOrEmpty(Name) ? (Port ?? 0).ToString(CultureInfo.InvariantCulture) : Name;
}

/// <summary>What control planes say of a destination.</summary>
public record ServiceStatus
{
    /// <summary>Host names under which it answers.</summary>
    public IReadOnlyList<ServiceAddress>? Addresses { get; init; }

    /// <summary>Virtual addresses.</summary>
    public IReadOnlyList<ServiceVip>? Vips { get; init; }

    /// <summary>Which generators made the host names.</summary>
    public IReadOnlyList<HostnameGeneratorStatus>? HostnameGenerators { get; init; }
}

/// <summary>A host name of a destination.</summary>
public sealed record ServiceAddress
{
    /// <summary>The name.</summary>
    public string? Hostname { get; init; }

    /// <summary>Where it comes from: <c>Generator</c> or <c>KubernetesService</c>.</summary>
    public string? Origin { get; init; }

    /// <summary>The generator that made it.</summary>
    public HostnameGeneratorRef? HostnameGeneratorRef { get; init; }
}

/// <summary>A generator by the name of its resource.</summary>
public sealed record HostnameGeneratorRef
{
    /// <summary>Stored name of the HostnameGenerator.</summary>
    public string? CoreName { get; init; }
}

/// <summary>What a generator did for a destination.</summary>
public sealed record HostnameGeneratorStatus
{
    /// <summary>The generator.</summary>
    public HostnameGeneratorRef? HostnameGeneratorRef { get; init; }

    /// <summary>Conditions in the manner of Kubernetes.</summary>
    public IReadOnlyList<StatusCondition>? Conditions { get; init; }
}

/// <summary>A condition in the manner of Kubernetes.</summary>
public sealed record StatusCondition
{
    /// <summary>What is said.</summary>
    public string? Type { get; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public string? Status { get; init; }

    /// <summary>Why, in one word.</summary>
    public string? Reason { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public string? Message { get; init; }
}

/// <summary>A virtual address.</summary>
public sealed record ServiceVip
{
    /// <summary>IPv4 or IPv6.</summary>
    public string? Ip { get; init; }
}

/// <summary>Rules that the three kinds of destinations share.</summary>
internal static class ServiceRules
{
    /// <summary>Longest display name of a service: it becomes a DNS label.</summary>
    public const int MaxNameLength = 63;

    public static void Name(Resource draft, ViolationList at) =>
        at.AddIf(draft.DisplayName.Length > MaxNameLength, "name", $"must not be longer than {MaxNameLength} characters");

    public static IEnumerable<string> Warnings(Resource resource, IEnumerable<string> sections) =>
        DnsWarnings.ServiceName(resource.Kind.Name, resource.DisplayName)
            .Concat(sections.SelectMany(section => SniFaults(resource, section)
                .Select(fault => $"Invalid {resource.Kind.Name} SNI (port \"{section}\"): {fault}. This is deprecated.")));

    /// <summary>Mesh, zone, namespace, name and port become labels of the SNI that carries cross-zone traffic.</summary>
    private static IEnumerable<string> SniFaults(Resource resource, string section)
    {
        string[] parts =
        [
            resource.DisplayName, section, resource.Zone ?? "", resource.Labels.GetValueOrDefault(Labels.Namespace, ""), resource.Mesh,
        ];
        foreach (var part in parts)
        {
            if (part.Length > 0 && !Checks.IsDnsLabel(part))
            {
                yield return $"'{part}' is not a DNS label (RFC 1123)";
            }
        }

        if (parts.Sum(p => p.Length + 1) > Checks.MaxDnsLength)
        {
            yield return $"it is longer than {Checks.MaxDnsLength} characters";
        }
    }
}
