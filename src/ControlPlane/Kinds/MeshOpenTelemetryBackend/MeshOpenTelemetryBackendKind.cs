using MeshConsole.Shared;
using MeshConsole.Shared.Language;

namespace MeshConsole.ControlPlane.Kinds.MeshOpenTelemetryBackend;

/// <summary>The kind MeshOpenTelemetryBackend.</summary>
public sealed class MeshOpenTelemetryBackendKind() : SpecKind<MeshOpenTelemetryBackendSpec>(
    new("MeshOpenTelemetryBackend", "meshopentelemetrybackends", "motb", "Mesh OpenTelemetry Backend", "Mesh OpenTelemetry Backends"))
{
    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone | Flow.ZoneToGlobal;

    /// <inheritdoc />
    public override bool HasStatus => true;

    /// <inheritdoc />
    protected override void Check(MeshOpenTelemetryBackendSpec spec, ValidationContext context, ViolationList violations)
    {
        var endpoint = spec.Endpoint;
        violations.AddIf(endpoint?.Address is "", "spec.endpoint.address", Messages.MustNotBeEmpty);
        violations.AddIf(
            endpoint?.Address is { Length: > 0 } address && !Checks.IsHost(address), "spec.endpoint.address", "address has to be a valid IP or hostname");
        Checks.Port(endpoint?.Port, "spec.endpoint.port", violations);
        if (endpoint?.Path is not { Length: > 0 } path)
        {
            return;
        }

        if (spec.Protocol is "http")
        {
            violations.AddIf(!path.StartsWith('/'), "spec.endpoint.path", "must start with /");
            violations.AddIf(path.IndexOfAny(['?', '#']) >= 0, "spec.endpoint.path", "must not contain query or fragment");
        }
        else
        {
            violations.Add("spec.endpoint.path", "must not be set when protocol is grpc");
        }
    }
}
