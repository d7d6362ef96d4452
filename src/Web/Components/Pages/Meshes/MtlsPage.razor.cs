using System.Text.Json.Nodes;
using MeshConsole.ControlPlane.Resources;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Web.Components.Controls;
using MeshConsole.Web.Live;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace MeshConsole.Web.Components.Pages.Meshes;

/// <summary>The mesh's mTLS switch. Says beforehand what it does, above all that without a permission everything is denied.</summary>
public sealed partial class MtlsPage : LiveComponent
{
    private const string AllowAllName = "allow-all";
    private const string BackendName = "ca-1";
    private Resource? mesh;
    private MeshFacts? facts;
    private Refusal? refusal;
    private int permissions;
    private int proxies;
    private bool permissive = true;
    private bool allowAll = true;
    private bool busy;

    [Inject]
    private Live<World> Worlds { get; set; } = null!;

    [Inject]
    private KindRegistry Kinds { get; set; } = null!;

    [Inject]
    private ResourceManager Manager { get; set; } = null!;

    [Inject]
    private CurrentActor Actor { get; set; } = null!;

    [Inject]
    private IDialogService Dialogs { get; set; } = null!;

    /// <summary>The mesh.</summary>
    [Parameter, EditorRequired] public string Name { get; set; } = "";

    private bool On => facts!.EnabledBackend.Length > 0;

    /// <inheritdoc />
    protected override void OnInitialized() => Watch(Worlds);

    /// <inheritdoc />
    protected override void Refresh()
    {
        var world = Worlds.Value;
        mesh = world.Find("Mesh", Name);
        facts = mesh is null ? null : MeshFacts.Of(mesh);
        permissions = world.List("MeshTrafficPermission", Name).Count();
        proxies = world.List("Dataplane", Name).Count();
    }

    private string Preview() => Yaml.Write(SwitchedOn());

    private JsonObject SwitchedOn()
    {
        var manifest = ResourceJson.ToManifest(mesh!);
        var mtls = manifest["mtls"] as JsonObject ?? (JsonObject)(manifest["mtls"] = new JsonObject());
        var backends = mtls["backends"] as JsonArray ?? (JsonArray)(mtls["backends"] = new JsonArray());
        var backend = backends.OfType<JsonObject>().FirstOrDefault();
        if (backend is null)
        {
            backend = new JsonObject { ["name"] = BackendName, ["type"] = "builtin" };
            backends.Add(backend);
        }

        SetMode(backend, strict: !permissive);
        mtls["enabledBackend"] = backend["name"]!.GetValue<string>();
        return manifest;
    }

    private static void SetMode(JsonObject backend, bool strict)
    {
        if (strict)
        {
            backend.Remove("mode");
        }
        else
        {
            backend["mode"] = "PERMISSIVE";
        }
    }

    private async Task TurnOnAsync()
    {
        // The permission goes first: at no moment is everything denied that was not meant to be.
        if (permissions == 0 && allowAll && !await AllowAllAsync())
        {
            return;
        }

        await SaveAsync(SwitchedOn());
    }

    private async Task SetModeAsync(bool strict)
    {
        var manifest = ResourceJson.ToManifest(mesh!);
        foreach (var backend in (manifest["mtls"]?["backends"] as JsonArray ?? []).OfType<JsonObject>().Where(b => b["name"]?.GetValue<string>() == facts!.EnabledBackend))
        {
            SetMode(backend, strict);
        }

        await SaveAsync(manifest);
    }

    private async Task TurnOffAsync()
    {
        if (!await ConfirmDelete.AskAsync(
            Dialogs,
            $"Turn off mTLS of mesh {Name}?",
            "Turn off",
            ["encryption between its data planes, also between zones", "the proof of who calls: permissions have no effect any more"],
            "The certificate authority stays, so it can be turned on again."))
        {
            return;
        }

        var manifest = ResourceJson.ToManifest(mesh!);
        (manifest["mtls"] as JsonObject)?.Remove("enabledBackend");
        await SaveAsync(manifest);
    }

    private async Task<bool> AllowAllAsync()
    {
        var permission = new JsonObject
        {
            ["type"] = "MeshTrafficPermission",
            ["mesh"] = Name,
            ["name"] = AllowAllName,
            ["spec"] = new JsonObject
            {
                ["targetRef"] = new JsonObject { ["kind"] = "Mesh" },
                ["from"] = new JsonArray(new JsonObject
                {
                    ["targetRef"] = new JsonObject { ["kind"] = "Mesh" },
                    ["default"] = new JsonObject { ["action"] = "Allow" },
                }),
            },
        };
        return await PutAsync("MeshTrafficPermission", Name, AllowAllName, permission, expected: 0);
    }

    private async Task SaveAsync(JsonObject manifest) => await PutAsync("Mesh", "", Name, manifest, mesh!.Revision);

    private async Task<bool> PutAsync(string kind, string inMesh, string name, JsonObject manifest, long expected)
    {
        busy = true;
        try
        {
            var done = await Manager.PutAsync(Kinds[kind], inMesh, name, JsonBody.FromNode(manifest).Utf8, new WriteOptions(await Actor.GetAsync(), expected), Stopping);
            refusal = done.Refusal;
            return done.Ok;
        }
        finally
        {
            busy = false;
        }
    }
}
