using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshPassthrough;

/// <summary>The kind MeshPassthrough.</summary>
public sealed class MeshPassthroughKind() : PolicyKind<MeshPassthroughSpec>(
    new("MeshPassthrough", "meshpassthroughs", "mp", "Mesh Passthrough", "Mesh Passthroughs"))
{
    /// <summary>Protocols that need a listener filter of their own, so that a port can carry only one of them.</summary>
    private static readonly string[] HttpProtocols = ["grpc", "http", "http2"];

    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel { get; } = new(TargetKinds.Mesh, TargetKinds.MeshSubset, TargetKinds.Dataplane);

    /// <inheritdoc />
    protected override bool WarnsOfTopLevel => false;

    /// <inheritdoc />
    protected override void CheckRules(MeshPassthroughSpec spec, ViolationList at)
    {
        var protocols = new Dictionary<uint, string?>();
        var seen = new HashSet<(uint, string?, string?)>();
        spec.Default?.AppendMatch.Each("spec.default.appendMatch", (match, path) =>
        {
            var portPath = FieldPath.Member(path, "port");
            at.AddIf(match is { Protocol: "mysql", Port: null }, portPath, "port must be defined for Mysql protocol");
            Checks.Port(match.Port, portPath, at);
            if (match.Port is { } port)
            {
                if (protocols.TryGetValue(port, out var other) && other != match.Protocol && HttpProtocols.Contains(match.Protocol))
                {
                    at.Add(
                        portPath,
                        $"using the same port in multiple matches requires the same protocol for the following protocols: [{string.Join(' ', HttpProtocols)}]");
                }
                else
                {
                    protocols[port] = match.Protocol;
                }

                at.AddIf(
                    !seen.Add((port, match.Protocol, match.Value)),
                    FieldPath.Member(path, "value"),
                    $"value {match.Value} is already defined for this port and protocol");
            }

            CheckValue(match, path, at);
        });
    }

    private static void CheckValue(PassthroughMatch match, string path, ViolationList at)
    {
        var value = match.Value ?? "";
        var field = FieldPath.Member(path, "value");
        switch (match.Type)
        {
            case PassthroughMatch.Cidr:
                at.AddIf(!Checks.IsCidr(value), field, "provided CIDR has incorrect value");
                break;
            case PassthroughMatch.Ip:
                at.AddIf(!Checks.IsIpAddress(value), field, "provided IP has incorrect value");
                break;
            case PassthroughMatch.Domain:
                at.AddIf(match.Protocol is "tcp" or "mysql", FieldPath.Member(path, "protocol"), $"protocol {match.Protocol} is not supported for a domain");
                at.AddIf(
                    value.Length > 1 && value[0] == '*' && value[1] != '.',
                    field,
                    "provided DNS has incorrect value, partial wildcard is currently not supported");
                at.AddIf(
                    match.Port is null && value.StartsWith('*') && HttpProtocols.Contains(match.Protocol),
                    FieldPath.Member(path, "port"),
                    "wildcard domains doesn't work for all ports and layer 7 protocol");
                var name = value.StartsWith("*.", StringComparison.Ordinal) ? value[2..] : value;
                at.AddIf(!name.StartsWith('*') && !Checks.IsHostName(name), field, "provided DNS has incorrect value");
                break;
        }
    }
}
