using System.Collections.Immutable;
using System.Globalization;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Web.Live;
using Microsoft.AspNetCore.Components;

namespace MeshConsole.Web.Components.Pages.Traffic;

/// <summary>
/// The traffic of one service: bars and numbers over a MeshHTTPRoute, what a change touches, and after it is applied how far it
/// got. Nothing is dropped in silence: missing targets stay in the picture and need a decision.
/// </summary>
public sealed partial class TrafficPage : LiveComponent
{
    private const string RouteKind = "MeshHTTPRoute";
    private ServiceFacts? service;
    private SplitDraft? draft;
    private Resource? stored;
    private Resource? conflict;
    private HistoryRow? earlier;
    private Refusal? refusal;
    private TargetLookup? lookup;
    private ImmutableArray<Resource> routes = [];
    private ImmutableArray<SplitRule> rules = [];
    private ImmutableArray<Violation> violations = [];
    private ImmutableArray<Violation> otherFaults = [];
    private ImmutableArray<(SplitTarget Target, TargetState State)> missing = [];
    private Resource? candidate;
    private string? hint;
    private string readOnlyReason = "";
    private string ruleHeader = "";
    private string ruleValue = "";
    private string rulePath = "";
    private string? opened;
    private bool acceptMissing;
    private bool acceptDrain;
    private bool readOnly;
    private bool speaksHttp = true;
    private bool showYaml;
    private ImmutableArray<string> titles = [];
    private bool busy;

    [Inject]
    private Live<World> Worlds { get; set; } = null!;

    [Inject]
    private ResourceManager Manager { get; set; } = null!;

    [Inject]
    private ResourceStore Store { get; set; } = null!;

    [Inject]
    private KindRegistry Kinds { get; set; } = null!;

    [Inject]
    private CurrentActor Actor { get; set; } = null!;

    [Inject]
    private ViewClock Clock { get; set; } = null!;

    /// <summary>The mesh.</summary>
    [Parameter, EditorRequired] public string Mesh { get; set; } = "";

    /// <summary>Kind of service.</summary>
    [Parameter, EditorRequired] public string KindName { get; set; } = "";

    /// <summary>Stored name of the service.</summary>
    [Parameter, EditorRequired] public string Name { get; set; } = "";

    /// <summary>The route that is edited; the first of the service when not said.</summary>
    [SupplyParameterFromQuery(Name = "policy")]
    private string? Policy { get; set; }

    /// <inheritdoc />
    protected override void OnInitialized() => Watch(Worlds);

    /// <inheritdoc />
    protected override async Task OnParametersSetAsync()
    {
        var asked = $"{Mesh}/{KindName}/{Name}/{Policy}";
        if (opened == asked)
        {
            return;
        }

        opened = asked;
        (draft, stored, conflict, refusal, hint) = (null, null, null, null, null);
        var refused = Manager.MayWrite(Kinds[RouteKind], await Actor.GetAsync());
        (readOnly, readOnlyReason) = (refused is not null, refused?.Detail ?? "");
        Refresh();
        await ReadEarlierAsync();
    }

    /// <inheritdoc />
    protected override void Refresh()
    {
        var world = Worlds.Value;
        service = KindName is "MeshService" or "MeshMultiZoneService" or "MeshExternalService" && world.Find(KindName, Mesh, Name) is { } found ? ServiceFacts.Of(found) : null;
        if (service is null)
        {
            draft = null;
            return;
        }

        lookup = new TargetLookup(world, Mesh);
        routes = [.. RoutesOf.Service(world, service)];
        speaksHttp = service.Ports.IsEmpty || service.Ports.Any(p => p.Protocol is "http" or "http2" or "grpc");
        Follow(draft is null ? routes.FirstOrDefault(r => r.Name == Policy) ?? (Policy is null ? routes.FirstOrDefault() : null) : world.Find(RouteKind, Mesh, draft.Name));
        Look();
    }

    /// <summary>Keeps up with the stored route: an untouched draft follows it, a touched one meets a conflict.</summary>
    private void Follow(Resource? now)
    {
        if (draft is null)
        {
            stored = now;
            draft = now is null ? SplitDraft.Create(FreeName(), service!) : SplitDraft.Open(ResourceJson.ToManifest(now), service!);
            if (now?.Origin == Labels.OriginZone)
            {
                (readOnly, readOnlyReason) = (true, $"This route was written in zone {now.Zone} and can only be changed there.");
            }
        }
        else if (now is not null && now.Revision != stored?.Revision && !busy)
        {
            if (draft.CanUndo)
            {
                conflict = now;
            }
            else
            {
                stored = now;
                draft = SplitDraft.Open(ResourceJson.ToManifest(now), service!);
            }
        }
    }

    private string FreeName()
    {
        var taken = Worlds.Value.List(RouteKind, Mesh).Select(r => r.Name).ToHashSet();
        var wish = Policy is { Length: > 0 } ? Policy : service!.Zone.Length > 0 ? $"{service.Name}-{service.Zone}" : service.Name;
        return new[] { wish, wish + "-traffic" }.Concat(Enumerable.Range(2, 100).Select(n => string.Create(CultureInfo.InvariantCulture, $"{wish}-{n}"))).First(n => !taken.Contains(n));
    }

    /// <summary>Reads the draft anew after each change: rules, faults, risks.</summary>
    private void Look()
    {
        rules = draft!.Rules;
        titles = [.. rules.SelectMany(r => r.Targets).Select(Identity).Distinct().Order(StringComparer.Ordinal)];
        var read = Manager.Read(Kinds[RouteKind], Mesh, draft.Name, JsonBody.FromNode(draft.Manifest).Utf8);
        candidate = read.Ok ? draft.Dirty ? read.Value.Resource : stored : candidate;
        violations = read.Ok ? [] : read.Refusal.Violations.IsEmpty ? [new Violation("", read.Refusal.Detail)] : read.Refusal.Violations;
        otherFaults = [.. violations.Where(v => !rules.Any(r => v.Field.StartsWith(r.Field, StringComparison.Ordinal)))];
        missing = [.. rules.SelectMany(r => r.Targets).Where(t => t.Weight > 0).Select(t => (t, lookup!.Find(t))).Where(p => p.Item2.Problem is not null)];
    }

    private static string Identity(SplitTarget target) => $"{target.Title} {target.Zone} {target.Kind} {target.Port}";

    private ImmutableArray<string> Colours(SplitRule rule) => [.. rule.Targets.Select(t => string.Create(CultureInfo.InvariantCulture, $"var(--v{(titles.IndexOf(Identity(t)) % 6) + 1})"))];

    private void Do(Action<SplitDraft> change)
    {
        change(draft!);
        hint = null;
        refusal = null;
        (acceptDrain, acceptMissing) = (false, false);
        Look();
    }

    private void Drag(SplitRule r, int handle, double share)
    {
        var now = draft!.Rules.First(x => x.To == r.To && x.Index == r.Index);
        draft.Drag(now, handle, share);
        hint = null;
        Look();
    }

    private void EndDrag()
    {
        draft!.EndDrag();
        (acceptDrain, acceptMissing) = (false, false);
        Look();
    }

    private void Undo() => Do(d => d.Undo());

    private void Discard()
    {
        conflict = null;
        Do(d => d.Discard());
        Refresh();
    }

    private IEnumerable<Violation> Faults(string field) => violations.Where(v => v.Field == field || v.Field.StartsWith(field + ".", StringComparison.Ordinal));

    private IEnumerable<Violation> RuleFaults(SplitRule rule) => violations.Where(v =>
        v.Field.StartsWith(rule.Field, StringComparison.Ordinal)
        && !Enumerable.Range(0, rule.Targets.Length).Any(t => v.Field == rule.FieldOf(t) || v.Field.StartsWith(rule.FieldOf(t) + ".", StringComparison.Ordinal)));

    /// <summary>The stored shares of a rule, when they are others than the draft's.</summary>
    private string? Was(SplitRule rule)
    {
        if (draft!.Saved is not { } saved)
        {
            return null;
        }

        var before = SplitDraft.Open(saved, service!).Rules.FirstOrDefault(r => r.To == rule.To && r.Index == rule.Index && r.Matches.SequenceEqual(rule.Matches));
        return before is null || before.Targets.Select(t => (t.Title, t.WeightText)).SequenceEqual(rule.Targets.Select(t => (t.Title, t.WeightText)))
            ? null
            : string.Join(" / ", before.Targets.Select((t, i) => $"{t.Title} {SplitRule.Percent(before.Share(i))}"));
    }

    private IEnumerable<(string Value, string Text)> Choices(SplitRule rule) => lookup!.Services
        .SelectMany(s => s.Ports.Select(p => (Service: s, Port: p)))
        .Where(c => !rule.Targets.Any(t => t.Kind == c.Service.Kind && t.Title == c.Service.Name && t.Zone == (c.Service.Kind == "MeshService" ? c.Service.Zone : "") && t.Port == c.Port.Port))
        .Select(c => (
            string.Create(CultureInfo.InvariantCulture, $"{c.Service.Kind}|{c.Service.Key.Name}|{c.Port.Port}"),
            $"{c.Service.Name} · {(c.Service.Kind == "MeshMultiZoneService" ? "all zones" : c.Service.Zone.Length > 0 ? $"zone {c.Service.Zone}" : c.Service.Kind)} · {c.Port}"));

    private void AddTarget(SplitRule rule, string? choice)
    {
        if (choice?.Split('|') is [var kind, var name, var port] && lookup!.Services.FirstOrDefault(s => s.Kind == kind && s.Key.Name == name) is { } chosen)
        {
            Do(d => d.Add(rule, chosen, int.Parse(port, CultureInfo.InvariantCulture)));
        }
    }

    private void TakeTheirs()
    {
        stored = conflict;
        draft = SplitDraft.Open(ResourceJson.ToManifest(conflict!), service!);
        conflict = null;
        Look();
    }

    private void KeepMine()
    {
        stored = conflict;
        draft = draft!.OnTopOf(ResourceJson.ToManifest(conflict!));
        conflict = null;
        Look();
    }

    private async Task ApplyAsync()
    {
        refusal = null;
        hint = conflict is not null ? "Decide first which version to go on with."
            : missing.Length > 0 && !acceptMissing ? "Some of the weight goes to targets that are missing. Move it elsewhere, remove them, or tick that their share shall fail."
            : violations.Length > 0 ? "Some fields are not right yet; the reasons stand beside them."
            : rules.Any(r => r.Drained) && !acceptDrain ? "Every weight of a rule is 0. Tick that it shall be drained, or give a target some weight."
            : !draft!.Dirty ? "Nothing has changed, so there is nothing to apply."
            : null;
        if (hint is not null)
        {
            return;
        }

        busy = true;
        try
        {
            var done = await Manager.PutAsync(
                Kinds[RouteKind],
                Mesh,
                draft!.Name,
                JsonBody.FromNode(draft.Manifest).Utf8,
                new WriteOptions(await Actor.GetAsync(), stored?.Revision ?? 0),
                Stopping);
            if (done.Ok)
            {
                Opened(done.Value.After!);
            }
            else if (done.Refusal is { Reason: RefusalReason.Changed, Current: { } current })
            {
                conflict = current;
            }
            else
            {
                refusal = done.Refusal;
            }
        }
        finally
        {
            busy = false;
        }

        await ReadEarlierAsync();
        Refresh();
    }

    private async Task ReturnAsync()
    {
        busy = true;
        try
        {
            var done = await Manager.RevertAsync(stored!.Key, stored.Kind, earlier!.Revision, new WriteOptions(await Actor.GetAsync(), stored.Revision), Stopping);
            refusal = done.Refusal;
            if (done.Ok)
            {
                Opened(done.Value.After!);
            }
        }
        finally
        {
            busy = false;
        }

        await ReadEarlierAsync();
        Refresh();
    }

    private void Opened(Resource after)
    {
        stored = after;
        draft = SplitDraft.Open(ResourceJson.ToManifest(after), service!);
        (acceptDrain, acceptMissing) = (false, false);
        Look();
    }

    private async Task ReadEarlierAsync() => earlier = stored is null
        ? null
        : (await Store.HistoryAsync(stored.Key, 20, Stopping)).Where(h => h.Revision < stored.Revision && h is { Spec: not null, Operation: not "deleted" }).MaxBy(h => h.Revision);
}
