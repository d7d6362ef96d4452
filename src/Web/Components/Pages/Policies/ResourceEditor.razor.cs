using System.Collections.Immutable;
using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Web.Components.Controls;
using MeshConsole.Web.Live;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace MeshConsole.Web.Components.Pages.Policies;

/// <summary>One editor for every kind: text that is checked while it is written, the difference before it is saved.</summary>
public sealed partial class ResourceEditor : LiveComponent
{
    private ResourceKind? kind;
    private Refusal? refused;
    private Refusal? refusal;
    private Resource? stored;
    private Resource? conflict;
    private ResourceKey? saved;
    private Draft? draft;
    private Resource? candidate;
    private ImmutableArray<Fault> faults = [];
    private ImmutableArray<string> warnings = [];
    private string text = "";
    private string original = "";
    private string shownName = "";
    private bool busy;

    [Inject]
    private ResourceManager Manager { get; set; } = null!;

    [Inject]
    private KindRegistry Kinds { get; set; } = null!;

    [Inject]
    private Live<World> Worlds { get; set; } = null!;

    [Inject]
    private CurrentActor Actor { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IJSRuntime Js { get; set; } = null!;

    /// <summary>The mesh; empty for kinds without one.</summary>
    [Parameter] public string Mesh { get; set; } = "";

    /// <summary>The kind's name.</summary>
    [Parameter, EditorRequired] public string KindName { get; set; } = "";

    /// <summary>Stored name; null for a new one.</summary>
    [Parameter] public string? Name { get; set; }

    private bool Dirty => Name is null || text != original;

    private ImmutableArray<Crumb> Crumbs => Mesh.Length == 0
        ? [new Crumb(KindName), new Crumb(Name is null ? "New" : shownName)]
        : [new Crumb("Meshes", "meshes"), new Crumb(Mesh, Places.Of("Mesh", "", Mesh)), new Crumb("Policies", $"meshes/{Mesh}/policies?kind={KindName}"), new Crumb(Name is null ? "New" : shownName, Name is null ? null : Places.Of(KindName, Mesh, Name))];

    /// <inheritdoc />
    protected override async Task OnInitializedAsync()
    {
        kind = Kinds.Find(KindName);
        if (kind is null)
        {
            return;
        }

        refused = Manager.MayWrite(kind, await Actor.GetAsync());
        if (Name is null)
        {
            text = Template(kind);
        }
        else if (Worlds.Value.Find(KindName, Mesh, Name) is { } found)
        {
            stored = found;
            shownName = found.DisplayName;
            text = ObjectView.Text(found);
            if (found.Origin == Labels.OriginZone)
            {
                refused = new Refusal(RefusalReason.NotWritableHere, "Not here", $"It was written in zone {found.Zone} and can only be changed there.");
            }
        }
        else
        {
            refused = Refusal.NotFound() with { Detail = $"There is no {KindName} {Name}." };
        }

        original = text;
        Check();
    }

    private string Template(ResourceKind of)
    {
        if (of.Example is not { } example)
        {
            var manifest = new JsonObject { ["type"] = of.Name, ["name"] = "new" };
            if (of.Scope == Scope.Mesh)
            {
                manifest.Insert(1, "mesh", Mesh);
            }

            return Yaml.Write(manifest);
        }

        var read = Yaml.Read(example);
        if (!read.Ok || read.Value.Count != 1)
        {
            return example;
        }

        if (of.Scope == Scope.Mesh)
        {
            read.Value[0]["mesh"] = Mesh;
        }

        return Yaml.Write(read.Value[0]);
    }

    private void OnInput(ChangeEventArgs e)
    {
        text = e.Value?.ToString() ?? "";
        Check();
    }

    private void Check()
    {
        (draft, warnings, refusal) = (null, [], null);
        var read = Manifest();
        if (!read.Ok)
        {
            faults = [.. Faults(read.Refusal)];
            return;
        }

        var named = read.Value["name"] is JsonValue v && v.TryGetValue<string>(out var name) ? name : "";
        var checkedDraft = Manager.Read(kind!, Mesh, named, JsonBody.FromNode(read.Value).Utf8);
        if (!checkedDraft.Ok)
        {
            faults = [.. Faults(checkedDraft.Refusal)];
            return;
        }

        draft = checkedDraft.Value;
        candidate = draft.Resource;
        warnings = draft.Warnings;
        faults = [];
    }

    private Result<JsonObject> Manifest()
    {
        var read = Yaml.Read(text);
        if (!read.Ok)
        {
            return read.Refusal;
        }

        if (read.Value.Count != 1)
        {
            return new Refusal(RefusalReason.Malformed, "Bad Request", read.Value.Count == 0 ? "The text is empty." : "The text holds several documents; one is expected here.");
        }

        var manifest = read.Value[0];
        var violations = new ViolationList();
        violations.AddIf(!Says(manifest["type"], KindName), "type", $"must be {KindName}: another kind has an editor of its own");
        violations.AddIf(Name is not null && !Says(manifest["name"], Name), "name", $"must stay {Name}: a thing cannot be renamed, only copied");
        violations.AddIf(Mesh.Length > 0 && manifest["mesh"] is not null && !Says(manifest["mesh"], Mesh), "mesh", $"must be {Mesh}, the mesh of this page");
        return violations.IsEmpty ? manifest : Refusal.Invalid(violations);
    }

    private static bool Says(JsonNode? node, string wanted) => node is JsonValue value && value.TryGetValue<string>(out var found) && found == wanted;

    private IEnumerable<Fault> Faults(Refusal cause) => cause.Violations.IsEmpty
        ? [new Fault("", cause.Detail, YamlLines.InMessage(cause.Detail))]
        : cause.Violations.Select(v => new Fault(v.Field, v.Message, YamlLines.Find(text, v.Field)));

    private async Task GoToAsync(int line) => await Js.InvokeVoidAsync("meshconsole.selectLine", "yaml-text", line);

    private void Discard()
    {
        text = original;
        conflict = null;
        Check();
    }

    private void TakeTheirs()
    {
        stored = conflict;
        text = original = ObjectView.Text(conflict!);
        conflict = null;
        Check();
    }

    private void KeepMine()
    {
        stored = conflict;
        original = ObjectView.Text(conflict!);
        conflict = null;
        Check();
    }

    private async Task SaveAsync()
    {
        if (draft is null)
        {
            return;
        }

        busy = true;
        try
        {
            var done = await Manager.PutAsync(draft, new WriteOptions(await Actor.GetAsync(), stored?.Revision ?? 0), Stopping);
            if (!done.Ok)
            {
                conflict = done.Refusal is { Reason: RefusalReason.Changed, Current: { } current } ? current : null;
                refusal = conflict is null ? done.Refusal : null;
                return;
            }

            var after = done.Value.After!;
            if (Name is null)
            {
                Navigation.NavigateTo(Places.Of(after));
                return;
            }

            stored = after;
            saved = after.Key;
            text = original = ObjectView.Text(after);
            Check();
        }
        finally
        {
            busy = false;
        }
    }

    private sealed record Fault(string Field, string Message, int Line);
}
