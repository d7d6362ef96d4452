using System.Globalization;
using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshExternalService;

/// <summary>The kind MeshExternalService.</summary>
public sealed class MeshExternalServiceKind() : SpecKind<MeshExternalServiceSpec>(
    new("MeshExternalService", "meshexternalservices", "extsvc", "Mesh External Service", "Mesh External Services"))
{
    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    public override IEnumerable<string> Warnings(Resource resource) =>
        ServiceRules.Warnings(resource, [(Spec(resource).Match?.Port ?? 0).ToString(CultureInfo.InvariantCulture)]);

    /// <inheritdoc />
    protected override void Check(MeshExternalServiceSpec spec, ValidationContext context, ViolationList violations)
    {
        ServiceRules.Name(context.Draft, violations);
        violations.AddIf(spec.Extension is { Type: "" }, "spec.extension.type", Messages.MustNotBeEmpty);
        if (spec.Extension is not null)
        {
            return;
        }

        spec.Endpoints.Each("spec.endpoints", (endpoint, path) => violations.AddIf(
            !Checks.IsHost(endpoint.Address ?? ""), FieldPath.Member(path, "address"), "address has to be a valid IP or hostname"));
        TlsVersionRange.Check(spec.Tls?.Version, "spec.tls.version", violations);
        if (spec.Tls?.Verification is { } verification)
        {
            const string Path = "spec.tls.verification";
            violations.AddIf(
                verification.ServerName is { } name && !Checks.IsHostName(name), FieldPath.Member(Path, "serverName"), "must be a valid DNS name");
            violations.AddIf(
                verification is { ClientCert: not null, ClientKey: null }, FieldPath.Member(Path, "clientKey"), "must be defined when clientCert is defined");
            violations.AddIf(
                verification is { ClientCert: null, ClientKey: not null }, FieldPath.Member(Path, "clientCert"), "must be defined when clientKey is defined");
        }
    }
}
