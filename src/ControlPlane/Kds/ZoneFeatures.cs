using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Abilities that peers tell each other of (Kuma's names).</summary>
public static class KdsFeatures
{
    /// <summary>Names may bear a hash suffix.</summary>
    public const string HashSuffix = "hash-suffix";

    /// <summary>The zone pings by health check.</summary>
    public const string ZonePingHealth = "zone-ping-health";

    /// <summary>Knows HostnameGenerators that select a MeshMultiZoneService.</summary>
    public const string MultiZoneSelector = "hg-mz-selector";

    /// <summary>Takes policies of other zones.</summary>
    public const string ProducerPolicyFlow = "producer-policy-flow";

    /// <summary>Takes policies without a top-level target.</summary>
    public const string OptionalTopLevelTargetRef = "optional-top-level-target-ref";

    /// <summary>Knows zone tokens.</summary>
    public const string ZoneToken = "zone-token";

    /// <summary>What both our sides tell in <c>node.metadata</c>.</summary>
    public static ImmutableArray<string> Ours { get; } = [ZoneToken, HashSuffix, MultiZoneSelector, ProducerPolicyFlow, OptionalTopLevelTargetRef];
}

/// <summary>What a peer told of itself in the first request of a stream.</summary>
/// <param name="Features">Its abilities.</param>
/// <param name="Version">Version of its software, or empty.</param>
/// <param name="GitTag">Tag of its software's source.</param>
/// <param name="GitCommit">Commit of its software's source.</param>
/// <param name="BuildDate">When its software was built.</param>
/// <param name="Config">Its configuration as JSON text; empty when it does not say.</param>
/// <param name="InstanceId">Its instance (<c>control-plane-id</c>).</param>
internal sealed record PeerFacts(ImmutableHashSet<string> Features, string Version, string GitTag, string GitCommit, string BuildDate, string Config, string InstanceId)
{
    public static PeerFacts None { get; } = new([], "", "", "", "", "", "");

    /// <summary>Reads <c>node.metadata</c>; what is missing or of another type counts as not said.</summary>
    public static PeerFacts Read(Struct? metadata)
    {
        if (metadata is null)
        {
            return None;
        }

        var version = metadata.Fields.TryGetValue("version", out var v) && v.StructValue is { } outer
            && outer.Fields.TryGetValue("kumaCp", out var cp) ? cp.StructValue : null;
        return new PeerFacts(
            metadata.Fields.TryGetValue("features", out var list) && list.ListValue is { } features
                ? [.. features.Values.Select(f => f.StringValue)]
                : [],
            Text(version, "version"),
            Text(version, "gitTag"),
            Text(version, "gitCommit"),
            Text(version, "buildDate"),
            Text(metadata, "config"),
            Text(metadata, "control-plane-id"));
    }

    /// <summary>Writes <c>node.metadata</c> as Kuma does.</summary>
    public Struct Write() => new()
    {
        Fields =
        {
            ["version"] = Value.ForStruct(new Struct
            {
                Fields =
                {
                    ["kumaCp"] = Value.ForStruct(new Struct
                    {
                        Fields =
                        {
                            ["version"] = Value.ForString(Version),
                            ["gitTag"] = Value.ForString(GitTag),
                            ["gitCommit"] = Value.ForString(GitCommit),
                            ["buildDate"] = Value.ForString(BuildDate),
                        },
                    }),
                },
            }),
            ["config"] = Value.ForString(Config),
            ["control-plane-id"] = Value.ForString(InstanceId),
            ["features"] = Value.ForList([.. Features.Order(StringComparer.Ordinal).Select(Value.ForString)]),
        },
    };

    private static string Text(Struct? of, string key) => of is not null && of.Fields.TryGetValue(key, out var value) ? value.StringValue : "";
}
