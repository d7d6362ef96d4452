using System.Diagnostics.Metrics;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;

namespace MeshConsole.ControlPlane.Insights;

/// <summary>
/// States and deliveries as metrics: read from the same snapshots as REST and the console, when somebody scrapes.
/// </summary>
public sealed class StateMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "MeshConsole";

    private static readonly string[] Proxies = ["Dataplane", "ZoneIngress", "ZoneEgress"];
    private readonly Meter meter;

    /// <summary>Registers the instruments.</summary>
    /// <param name="factory">Makes the meter.</param>
    /// <param name="store">The state.</param>
    /// <param name="states">Computes the words.</param>
    /// <param name="links">The connections of zones.</param>
    /// <param name="ledger">The deliveries; null where there are none (zones).</param>
    public StateMetrics(IMeterFactory factory, ResourceStore store, States states, ZoneLinks links, DeliveryLedger? ledger = null)
    {
        meter = factory.Create(MeterName);
        meter.CreateObservableGauge("meshconsole.store.revision", () => store.World.Value.Revision, description: "Revision of the newest change");
        meter.CreateObservableGauge("meshconsole.resources", () => Resources(store.World.Value), description: "Stored resources by kind");
        meter.CreateObservableGauge("meshconsole.zones", () => ByState(store.World.Value, states, ["Zone"]), description: "Zones by state");
        meter.CreateObservableGauge("meshconsole.proxies", () => ByState(store.World.Value, states, Proxies), description: "Data planes, ingresses and egresses by state");
        meter.CreateObservableGauge(
            "meshconsole.zone.connected",
            () => links.Board.Value.Values.Where(l => l.Since is not null).Select(l => new Measurement<int>(l.Connected ? 1 : 0, new KeyValuePair<string, object?>("zone", l.Zone))),
            description: "1 while the zone's link is up");
        if (ledger is not null)
        {
            meter.CreateObservableGauge("meshconsole.deliveries", () => Deliveries(ledger.Board.Value), description: "Changes held in the delivery ledger, by zone and state");
        }
    }

    /// <inheritdoc />
    public void Dispose() => meter.Dispose();

    private static IEnumerable<Measurement<int>> Resources(World world) =>
        world.Kinds.Select(kind => new Measurement<int>(world.Count(kind), new KeyValuePair<string, object?>("kind", kind)));

    private static IEnumerable<Measurement<int>> ByState(World world, States states, string[] kinds) =>
        from kind in kinds
        from state in world.List(kind).GroupBy(r => states.Of(r, world).Word)
        select new Measurement<int>(
            state.Count(),
            new KeyValuePair<string, object?>("kind", kind),
            new KeyValuePair<string, object?>("state", state.Key.ToString().ToLowerInvariant()));

    private static IEnumerable<Measurement<int>> Deliveries(DeliveryBoard board) =>
        from delivery in board.ByRevision.Values.SelectMany(d => d.Zones)
        group delivery by (delivery.Key, delivery.Value.State) into same
        select new Measurement<int>(
            same.Count(),
            new KeyValuePair<string, object?>("zone", same.Key.Key),
            new KeyValuePair<string, object?>("state", same.Key.State.ToString().ToLowerInvariant()));
}
