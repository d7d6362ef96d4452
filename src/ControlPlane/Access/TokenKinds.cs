using System.Collections.Immutable;
using System.Globalization;

namespace MeshConsole.ControlPlane.Access;

/// <summary>A token that was just signed. Its text is a secret: it is handed to the one who asked and kept nowhere.</summary>
/// <param name="Text">The JWT.</param>
/// <param name="Id">Its <c>jti</c>, by which it can be revoked.</param>
/// <param name="Expires">When it ends (UTC, seconds).</param>
public sealed record IssuedToken(string Text, string Id, DateTimeOffset Expires)
{
    /// <summary>The id only, so that it may stand in a log.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"token {Id}, good until {Expires:u}");
}

/// <summary>A zone token whose signature, time and revocation were checked.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="Zone">The zone it is for; empty when it is bound to none.</param>
/// <param name="Scope">What it is good for: <see cref="CpScope"/>, <c>ingress</c>, <c>egress</c>.</param>
/// <param name="Expires">When it ends.</param>
public sealed record ZoneToken(string Id, string Zone, ImmutableArray<string> Scope, DateTimeOffset Expires)
{
    /// <summary>The scope that lets a zone control plane connect to global.</summary>
    public const string CpScope = "cp";

    /// <summary>The scope of a zone ingress.</summary>
    public const string IngressScope = "ingress";

    /// <summary>The scope of a zone egress.</summary>
    public const string EgressScope = "egress";
}

/// <summary>What a data plane token is bound to. Every part may be empty; only those that are there bind.</summary>
/// <param name="Name">Name of the Dataplane.</param>
/// <param name="Mesh">Its mesh.</param>
/// <param name="Tags">Per tag the values it may have.</param>
/// <param name="Type">Kind of proxy: <c>dataplane</c>, <c>ingress</c>, <c>egress</c>.</param>
/// <param name="Workload">Value of the label <c>kuma.io/workload</c>.</param>
public sealed record DataplaneBinding(string Name, string Mesh, ImmutableSortedDictionary<string, ImmutableArray<string>> Tags, string Type = "", string Workload = "")
{
    /// <summary>No tags.</summary>
    public static ImmutableSortedDictionary<string, ImmutableArray<string>> NoTags { get; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);
}

/// <summary>A data plane token whose signature, time and revocation were checked.</summary>
/// <param name="Id">Its <c>jti</c>.</param>
/// <param name="Binding">What it is bound to.</param>
/// <param name="Expires">When it ends.</param>
public sealed record DataplaneToken(string Id, DataplaneBinding Binding, DateTimeOffset Expires);
