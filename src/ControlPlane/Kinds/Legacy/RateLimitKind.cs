using System.Globalization;
using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.RateLimit;

namespace MeshConsole.ControlPlane.Kinds.Legacy;

/// <summary>Limits the rate of requests; today MeshRateLimit.</summary>
public sealed class RateLimitKind : ProtoKind<Proto>
{
    /// <inheritdoc />
    public override string Name => "RateLimit";

    /// <inheritdoc />
    public override string Path => "rate-limits";

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override PolicyTraits? Policy => new(IsTargetRef: false);

    /// <inheritdoc />
    public override string SingularDisplayName => "Rate Limit";

    /// <inheritdoc />
    public override string PluralDisplayName => "Rate Limits";

    /// <inheritdoc />
    protected override void Check(Proto spec, ValidationContext context, ViolationList at)
    {
        SelectorCheck.Each(spec.Sources, "sources", SelectorRule.AnyTag, at);
        SelectorCheck.Each(spec.Destinations, "destinations", SelectorRule.AnyTag, at);
        at.AddIf(spec.Conf is null, "conf", "must have conf");
        if (spec.Conf?.Http is not { } http)
        {
            return;
        }

        at.AddIf(http.Requests == 0, "conf.http.requests", "requests must be set");
        at.AddIf(http.Interval is null, "conf.http.interval", "interval must be set");
        for (var i = 0; i < (http.OnRateLimit?.Headers.Count ?? 0); i++)
        {
            // Kuma writes the index of the header as if it were a key; clients know that path.
            var path = FieldPath.Key("conf.http.onRateLimit.header", i.ToString(CultureInfo.InvariantCulture));
            at.AddIf(http.OnRateLimit!.Headers[i].Key.Length == 0, path, "key must be set");
            at.AddIf(http.OnRateLimit.Headers[i].Value.Length == 0, path, "value must be set");
        }
    }
}
