using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using MeshConsole.Shared;

namespace MeshConsole.Policies.MeshPassthrough;

/// <summary>Which destinations outside the mesh a transparent proxy lets its workload reach.</summary>
public sealed record MeshPassthroughSpec : IPolicySpec
{
    /// <inheritdoc />
    [Description("The proxies that let through. The whole mesh when absent.")]
    public TargetRef? TargetRef { get; init; }

    /// <summary>The configuration.</summary>
    [Description("What is let through.")]
    public PassthroughConf? Default { get; init; }
}

/// <summary>What is let through.</summary>
public sealed record PassthroughConf
{
    /// <summary>Everything.</summary>
    public const string All = "All";

    /// <summary>What is on the list.</summary>
    public const string Matched = "Matched";

    /// <summary>Nothing.</summary>
    public const string None = "None";

    /// <summary>Everything, the list, or nothing.</summary>
    [AllowedValues(All, Matched, None)]
    [Description("All, Matched (what appendMatch lists) or None. Matched when absent.")]
    public string? PassthroughMode { get; init; }

    /// <summary>The list; those of several policies are joined.</summary>
    [Description("What is let through in mode Matched; the lists of all policies are joined.")]
    public IReadOnlyList<PassthroughMatch>? AppendMatch { get; init; }
}

/// <summary>A destination outside the mesh.</summary>
public sealed record PassthroughMatch
{
    /// <summary>A host name.</summary>
    public const string Domain = "Domain";

    /// <summary>An address.</summary>
    public const string Ip = "IP";

    /// <summary>A network.</summary>
    public const string Cidr = "CIDR";

    /// <summary>How it is given.</summary>
    [Required]
    [AllowedValues(Domain, Ip, Cidr)]
    [Description("Domain, IP or CIDR.")]
    public string? Type { get; init; }

    /// <summary>What it is.</summary>
    [Required]
    [Description("The host name (*.example.com for all below it), address or network.")]
    public string? Value { get; init; }

    /// <summary>Its port.</summary>
    [Description("The port. Any when absent.")]
    public uint? Port { get; init; }

    /// <summary>Its protocol.</summary>
    [DefaultValue("tcp")]
    [AllowedValues("tcp", "tls", "grpc", "http", "http2", "mysql")]
    [Description("The protocol. tcp when absent, which does not work for a Domain.")]
    public string? Protocol { get; init; }
}
