using System.Text.Json;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.Policies.MeshAccessLog;

/// <summary>The kind MeshAccessLog.</summary>
public sealed class MeshAccessLogKind() : PolicyKind<MeshAccessLogSpec>(
    new("MeshAccessLog", "meshaccesslogs", "mal", "Mesh Access Log", "Mesh Access Logs"))
{
    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    public override PolicyTraits Policy { get; } = new(IsTargetRef: true, HasTo: true, HasFrom: true, HasRules: true, IsFromAsRules: true);

    /// <inheritdoc />
    protected override TargetRefRules TopLevel => TargetRefRules.Proxies;

    /// <inheritdoc />
    protected override bool IsInbound(MeshAccessLogSpec spec) => ItemRules.Any(spec.From) || ItemRules.Any(spec.Rules);

    /// <inheritdoc />
    protected override void CheckRules(MeshAccessLogSpec spec, ViolationList at)
    {
        ItemRules.RulesStandAlone(spec.To, spec.From, spec.Rules, at);
        ItemRules.AtLeastOne(spec.To, spec.From, spec.Rules, at);
        var destinations = spec.TargetRef?.Kind == TargetKinds.MeshGateway ? TargetRefRules.MeshOnly : TargetRefRules.MeshServicesAndRoutes;
        spec.To.Each("spec.to", (to, path) =>
        {
            TargetRefCheck.Check(to.TargetRef, FieldPath.Member(path, "targetRef"), destinations, at);
            CheckConf(to.Default, FieldPath.Member(path, "default.backends"), at);
        });
        spec.From.Each("spec.from", (from, path) =>
        {
            TargetRefCheck.Check(from.TargetRef, FieldPath.Member(path, "targetRef"), TargetRefRules.MeshOnly, at);
            CheckConf(from.Default, FieldPath.Member(path, "default.backends"), at);
        });
        spec.Rules.Each("spec.rules", (rule, path) =>
        {
            MatchCheck.Each(rule.Matches, FieldPath.Member(path, "matches"), at);
            CheckConf(rule.Default, FieldPath.Member(path, "default.backends"), at);
        });
    }

    /// <inheritdoc />
    protected override IEnumerable<string> Deprecations(MeshAccessLogSpec spec)
    {
        if (ItemRules.Any(spec.From))
        {
            yield return ItemRules.FromDeprecation;
        }

        IEnumerable<AccessLogConf?> confs =
        [
            .. (spec.To ?? []).Select(i => i.Default), .. (spec.From ?? []).Select(i => i.Default), .. (spec.Rules ?? []).Select(i => i.Default),
        ];
        if (confs.SelectMany(c => c?.Backends ?? []).Any(b => b.OpenTelemetry?.IsInline == true))
        {
            yield return OpenTelemetryTarget.EndpointDeprecation;
        }
    }

    private static void CheckConf(AccessLogConf? conf, string path, ViolationList at)
    {
        at.AddIf(conf?.Backends is null, path, Messages.MustBeDefined);
        conf?.Backends.Each(path, (backend, field) => CheckBackend(backend, field, at));
    }

    private static void CheckBackend(AccessLogBackend backend, string path, ViolationList at)
    {
        switch (backend.Type)
        {
            case AccessLogBackend.FileType:
                var file = FieldPath.Member(path, "file");
                at.AddIf(backend.File is null, file, Messages.MustBeDefined);
                CheckFormat(backend.File?.Format, FieldPath.Member(file, "format"), at);
                at.AddIf(backend.File is { Path: { } filePath } && !Checks.IsAbsolutePath(filePath), FieldPath.Member(file, "path"), "file backend requires a valid path");
                break;
            case AccessLogBackend.TcpType:
                var tcp = FieldPath.Member(path, "tcp");
                at.AddIf(backend.Tcp is null, tcp, Messages.MustBeDefined);
                CheckFormat(backend.Tcp?.Format, FieldPath.Member(tcp, "format"), at);
                at.AddIf(backend.Tcp is { Address: { } address } && !Checks.IsAddress(address), FieldPath.Member(tcp, "address"), "tcp backend requires valid address");
                break;
            case AccessLogBackend.OpenTelemetryType:
                var otel = FieldPath.Member(path, "openTelemetry");
                at.AddIf(backend.OpenTelemetry is null, otel, Messages.MustBeDefined);
                if (backend.OpenTelemetry is not null)
                {
                    OpenTelemetryTarget.Check(backend.OpenTelemetry, otel, at);
                    backend.OpenTelemetry.Attributes.Each(FieldPath.Member(otel, "attributes"), (attribute, field) => at.AddIf(
                        attribute.Key?.StartsWith("otel.", StringComparison.Ordinal) == true,
                        FieldPath.Member(field, "key"),
                        "must not use the reserved OpenTelemetry prefix 'otel.'"));
                }

                break;
        }
    }

    private static void CheckFormat(LogFormat? format, string path, ViolationList at)
    {
        switch (format?.Type)
        {
            case LogFormat.PlainType:
                at.AddIf(format.Plain is null, FieldPath.Member(path, "plain"), Messages.MustBeDefined);
                at.AddIf(format.Plain is "", FieldPath.Member(path, "plain"), Messages.MustNotBeEmpty);
                break;
            case LogFormat.JsonType:
                var json = FieldPath.Member(path, "json");
                at.AddIf(format.Json is null, json, Messages.MustBeDefined);
                at.AddIf(format.Json is { Count: 0 }, json, Messages.MustNotBeEmpty);
                format.Json.Each(json, (member, field) =>
                {
                    at.AddIf(member.Key is "", FieldPath.Member(field, "key"), "key cannot be empty");
                    at.AddIf(member.Value is "", FieldPath.Member(field, "value"), "value cannot be empty");
                    at.AddIf(!FitsJson(member), field, "is not a valid JSON object");
                });
                break;
        }
    }

    /// <summary>Key and value are written into the object as they stand, so they must not break out of their quotes.</summary>
    private static bool FitsJson(JsonField member)
    {
        try
        {
            using var document = JsonDocument.Parse($$"""{"{{member.Key}}": "{{member.Value}}"}""");
            return document.RootElement.EnumerateObject().Count() == 1;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
