using System.Net;
using MeshConsole.ControlPlane.Kinds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kds;

/// <summary>Checks a zone token: whether it is good for a zone, and if not, why not in words for its owner.</summary>
/// <param name="zone">The zone that the connection claims to be.</param>
/// <param name="token">The token without <c>Bearer</c>.</param>
/// <returns>Null when it is good, else the reason.</returns>
public delegate ValueTask<string?> ZoneTokenCheck(string zone, string token);

/// <summary>
/// Who may connect as which zone. A valid zone token creates its zone. A Kuma 2.x zone cannot send one: it is let in only
/// from networks that an administrator listed for its name beforehand.
/// </summary>
public sealed class ZoneAdmission(ResourceStore store, ZoneTokenCheck tokens, KindRegistry kinds)
{
    private readonly ZoneAdmissionKind kind = (ZoneAdmissionKind)kinds["ZoneAdmission"];

    /// <summary>Decides on a connection.</summary>
    /// <param name="zone">The claimed name.</param>
    /// <param name="authorization">The header <c>authorization</c>, or null.</param>
    /// <param name="from">Address of the peer.</param>
    /// <returns>Null when it is let in, else the reason.</returns>
    public async ValueTask<string?> RefuseAsync(string zone, string? authorization, IPAddress? from)
    {
        if (zone.Length is 0 or > 63 || !zone.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-') || zone[0] == '-' || zone[^1] == '-')
        {
            return "the zone's name must be at most 63 lower case letters, digits and '-'";
        }

        if (!string.IsNullOrWhiteSpace(authorization))
        {
            return await tokens(zone, KdsCall.Bearer(authorization)).ConfigureAwait(false);
        }

        if (Networks(zone) is not { } networks)
        {
            return $"zone {zone} presented no zone token, and is not listed as a Kuma 2.x zone without token";
        }

        var address = from is { IsIPv4MappedToIPv6: true } ? from.MapToIPv4() : from;
        return address is not null && networks.Any(n => n.Contains(address))
            ? null
            : $"zone {zone} may connect without token only from {string.Join(", ", networks)}, and came from {address}";
    }

    /// <summary>The networks from which a zone may connect without token; null when it needs a token.</summary>
    public IReadOnlyList<IPNetwork>? Networks(string zone) =>
        store.World.Value.Find(kind.Name, zone) is { } resource
            ? [.. kind.Spec(resource).Networks.Select(n => IPNetwork.TryParse(n, out var network) ? network : (IPNetwork?)null).OfType<IPNetwork>()]
            : null;

    /// <summary>Lists a zone as one without token.</summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="zone">Name of the zone.</param>
    /// <param name="networks">Source networks as <c>address/bits</c>; at least one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Result<Resource>> AllowAsync(Actor actor, string zone, IReadOnlyList<string> networks, CancellationToken cancellationToken)
    {
        var violations = new ViolationList();
        violations.AddIf(networks.Count == 0, "networks", "must not be empty");
        for (var i = 0; i < networks.Count; i++)
        {
            violations.AddIf(!IPNetwork.TryParse(networks[i], out _), $"networks[{i}]", "must be a network such as 10.1.0.0/16 or 192.0.2.7/32");
        }

        if (!violations.IsEmpty)
        {
            return Refusal.Invalid(violations);
        }

        return await store.CommitAsync<Result<Resource>>(
            actor,
            transaction =>
            {
                if (transaction.World.Find("Zone", zone) is null)
                {
                    return Refusal.NotFound();
                }

                transaction.AddAudit("allowed without token", $"Zone/{zone}", string.Join(", ", networks));
                return transaction.Put(
                    new Resource { Kind = kind, Name = zone, Spec = JsonBody.From(new ZoneAdmissionSpec { Networks = [.. networks] }) },
                    history: false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a zone from the list: from now on it needs a token. Its open connection is ended.</summary>
    public Task ForbidAsync(Actor actor, string zone, CancellationToken cancellationToken) => store.CommitAsync(
        actor,
        transaction =>
        {
            if (transaction.Delete(new ResourceKey(kind.Name, "", zone), history: false) is not null)
            {
                transaction.AddAudit("needs a token", $"Zone/{zone}");
            }

            return true;
        },
        cancellationToken);
}
