using System.Text.Json.Nodes;
using MeshConsole.Cli.Client;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.Cli.Tests.Verbs;

/// <summary>meshctl and a control plane that is not MeshConsole.</summary>
public sealed class AgainstKumaTests
{
    private const string Timeout = "type: MeshTimeout\nmesh: default\nname: web\nspec: {to: [{targetRef: {kind: Mesh}, default: {idleTimeout: 1h}}]}\n";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2); // of --watch, unless told otherwise
    private const string Path = "/meshes/default/meshtimeouts/web";

    [Theory]
    [InlineData("apply", "--dry-run")]
    [InlineData("diff")]
    public async Task DryRunAndDiff_ControlPlaneThatKnowsNoDryRun_NeverWrite(params string[] verb)
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        terminal.Input = Timeout;

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync([.. verb, "-f", "-"]));

        Assert.Empty(kuma.Writes);
        Assert.Contains(verb[0] == "diff" ? "+name: web" : "MeshTimeout web (mesh default): created (dry run)", terminal.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_SameAgain_IsUnchangedAndNotSent()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        terminal.Input = Timeout;
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Equal("MeshTimeout web (mesh default): created\n", terminal.Output);
        ((JsonObject)kuma.Stored[Path])["labels"] = new JsonObject { ["kuma.io/mesh"] = "default" };

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Equal("MeshTimeout web (mesh default): unchanged\n", terminal.Output);
        Assert.Equal([$"PUT {Path}"], kuma.Writes);

        terminal.Input = Timeout.Replace("1h", "2h", StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));
        Assert.Equal("MeshTimeout web (mesh default): updated\n", terminal.Output);
    }

    [Fact]
    public async Task Diff_ChangedValue_ShowsThatLineAlone()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        terminal.Input = Timeout;
        await terminal.RunAsync("apply", "-f", "-");
        terminal.Input = "name: web\nmesh: default\ntype: MeshTimeout\nspec: {to: [{default: {idleTimeout: 2h}, targetRef: {kind: Mesh}}]}\n";

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("diff", "-f", "-", "--exit-code"));

        Assert.Equal(["-        idleTimeout: 1h", "+        idleTimeout: 2h"], terminal.Output.Split('\n').Where(l => l is ['+' or '-', not ('+' or '-'), ..]));
    }

    [Fact]
    public async Task Get_MoreThanOnePage_ReadsThemAllUnlessAPageIsAskedFor()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        for (var i = 0; i < 2500; i++)
        {
            kuma.Stored[$"/meshes/default/meshtimeouts/t{i:0000}"] = new JsonObject { ["type"] = "MeshTimeout", ["mesh"] = "default", ["name"] = $"t{i:0000}" };
        }

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "mt", "-o", "name"));
        Assert.Equal(Enumerable.Range(0, 2500).Select(i => $"t{i:0000}"), terminal.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "mt", "-o", "name", "--size", "2", "--offset", "10"));
        Assert.Equal("t0010\nt0011\n", terminal.Output);
        Assert.Contains("--size 2 --offset 12", terminal.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Apply_ManyDocuments_ShowsProgressWhereSomebodyLooks(bool outIsTerminal, bool errorIsTerminal)
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        terminal.OutIsTerminal = outIsTerminal;
        terminal.ErrorIsTerminal = errorIsTerminal;
        terminal.Input = string.Join("---\n", Enumerable.Range(1, 25).Select(i => $"{{type: Mesh, name: m{i}}}\n"));

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-"));

        Assert.Contains(outIsTerminal ? "[25/25] Mesh m25: created\n25 documents: 25 created\n" : "\nMesh m25: created\n25 documents: 25 created\n", terminal.Output, StringComparison.Ordinal);
        Assert.Equal(errorIsTerminal, terminal.Error.Contains("\r25/25 applied", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ApplyWait_ControlPlaneWithoutDeliveries_SaysThatItDoesNotWait()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        terminal.Input = Timeout;

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("apply", "-f", "-", "--wait"));

        Assert.Contains("does not tell how far changes are", terminal.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, await terminal.RunAsync("apply", "-f", "-", "--wait", "--timeout", "never"));
    }

    [Fact]
    public async Task Fault_OfTheServersAnswer_IsOneLine()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        foreach (var body in (string[])["", "[]", "<html>", "{\"resources\": 1}", "{\"a\": 1, \"a\": 2}"])
        {
            kuma.Answers["/_resources"] = (200, body);

            Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "meshes"));

            Assert.Single(terminal.Error.TrimEnd('\n').Split('\n'));
            Assert.DoesNotContain("fault", terminal.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Apply_ControlPlaneFails_StopsAndSaysHowManyWereNotSent()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        kuma.Answers["/meshes/b"] = (503, """{"title": "Service unavailable", "detail": "overload"}""");
        terminal.Input = "{type: Mesh, name: a}\n---\n{type: Mesh, name: b}\n---\n{type: Mesh, name: c}\n---\n{type: Mesh, name: d}\n";

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("apply", "-f", "-"));

        Assert.Equal("Mesh a: created\n", terminal.Output);
        Assert.Contains("Mesh b: refused: Service unavailable (overload)", terminal.Error, StringComparison.Ordinal);
        Assert.EndsWith("Stopped: 2 documents not sent.\n", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_Federation_HandsOverAuthoritiesAndTheKeysOfUserTokensLast()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        Store(kuma, "/meshes/default", """{"type": "Mesh", "name": "default", "labels": {"kuma.io/origin": "zone", "team": "a"}, "mtls": {"enabledBackend": "ca-1", "backends": [{"name": "ca-1", "type": "builtin"}]}}""");
        Store(kuma, "/meshes/default/meshtimeouts/web", """{"type": "MeshTimeout", "mesh": "default", "name": "web", "spec": {}}""");
        Store(kuma, "/meshes/default/secrets/default.ca-builtin-cert-ca-1", """{"type": "Secret", "mesh": "default", "name": "default.ca-builtin-cert-ca-1", "data": "eA=="}""");
        foreach (var name in (string[])["user-token-signing-key-1", "zone-token-signing-key-1", "envoy-admin-ca", "inter-cp-ca"])
        {
            Store(kuma, $"/globalsecrets/{name}", $$"""{"type": "GlobalSecret", "name": "{{name}}", "data": "eA=="}""");
        }

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("export"));

        Assert.StartsWith("# Product: Kuma, Version: 2.14.3", terminal.Output, StringComparison.Ordinal);
        var documents = Yaml.Read(terminal.Output).Value;
        Assert.Equal(["default", "default.ca-builtin-cert-ca-1", "zone-token-signing-key-1", "user-token-signing-key-1"], documents.Select(d => (string)d["name"]!));
        Assert.Equal(
            """{"type":"Mesh","name":"default","labels":{"team":"a"},"mtls":{"enabledBackend":"ca-1","backends":[{"name":"ca-1","type":"provided","conf":{"cert":{"secret":"default.ca-builtin-cert-ca-1"},"key":{"secret":"default.ca-builtin-key-ca-1"}}}],"skipValidation":true},"skipCreatingInitialPolicies":["*"]}""",
            documents[0].ToJsonString());

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("export", "--profile", "all"));
        Assert.Equal(["default", "web"], Yaml.Read(terminal.Output).Value.Select(d => (string)d["name"]!));
    }

    [Fact]
    public async Task Watch_ChangesAndAnOutage_ShowsWhatChangedAndGoesOn()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new SteppedClock(new DateTimeOffset(2026, 1, 1, 0, 1, 0, TimeSpan.Zero));
        terminal.Time = time;
        Store(kuma, "/meshes/a", """{"type": "Mesh", "name": "a"}""");
        Store(kuma, "/meshes/b", """{"type": "Mesh", "name": "b"}""");

        var running = terminal.RunUntilAsync(["get", "meshes", "--watch", "-o", "name"], end.Token);
        await UntilAsync(() => terminal.Output == "added a\nadded b\n", terminal);
        kuma.Stored.TryRemove("/meshes/a", out _);
        Store(kuma, "/meshes/b", """{"type": "Mesh", "name": "b", "labels": {"x": "y"}}""");
        await time.PassAsync(Interval, Cancel);
        await UntilAsync(() => terminal.Output.EndsWith("changed b\ndeleted a\n", StringComparison.Ordinal), terminal);
        kuma.Answers["/meshes"] = (503, "");
        await time.PassAsync(Interval, Cancel);
        await UntilAsync(() => terminal.Error.Contains("asking again in 4 s", StringComparison.Ordinal), terminal);
        kuma.Answers.Clear();
        Store(kuma, "/meshes/c", """{"type": "Mesh", "name": "c"}""");
        await time.PassAsync(2 * Interval, Cancel);
        await UntilAsync(() => terminal.Output.EndsWith("added c\n", StringComparison.Ordinal), terminal);

        await end.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, await running);
    }

    [Fact]
    public async Task Watch_OfAStreamThatBreaksOff_GoesOnWhereItWas()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = kuma.Terminal();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new SteppedClock(new DateTimeOffset(2026, 1, 1, 0, 1, 0, TimeSpan.Zero));
        terminal.Time = time;
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        string[] answers =
        [
            "event: item\ndata: {\"type\":\"Mesh\",\ndata: \"name\":\"a\"}\n\nid: 5\nevent: ready\ndata: {}\n\n", // then it ends
            ": still here\n\nid: 7\nevent: added\ndata: {\"type\":\"Mesh\",\"name\":\"b\"}\n\nid: 8\nevent: changed\ndata: {\"type\":\"Mesh\",\"name\":\"a\",\"x\":1}\n\nid: 9\nevent: deleted\ndata: {\"type\":\"Mesh\",\"name\":\"b\"}\n\n",
            "event: reset\ndata: {}\n\nevent: item\ndata: {\"type\":\"Mesh\",\"name\":\"c\"}\n\nid: 2\nevent: ready\ndata: {}\n\n",
        ];
        kuma.Stream = async context =>
        {
            var answer = answers[Math.Min(asked.Count, answers.Length - 1)];
            asked.Enqueue(context.Request.Headers["Last-Event-ID"].ToString());
            await context.Response.WriteAsync(answer);
            await context.Response.Body.FlushAsync();
            if (asked.Count >= answers.Length)
            {
                await Task.Delay(System.Threading.Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default); // open, and silent
            }
        };

        var running = terminal.RunUntilAsync(["get", "meshes", "--watch", "-o", "name"], end.Token);
        await UntilAsync(() => terminal.Output == "added a\n", terminal);
        await time.PassAsync(Interval, Cancel);
        await UntilAsync(() => Shows("changed a") && Shows("added b") == Shows("deleted b"), terminal); // b may come and go between two looks
        await time.PassAsync(Interval, Cancel);
        await UntilAsync(() => terminal.Output.EndsWith("added c\ndeleted a\n", StringComparison.Ordinal), terminal);
        Assert.Equal(["", "5", "9"], asked);

        // A link on which nothing is heard is given up: MeshConsole sends a comment every 15 s.
        await time.PassAsync(ServerEvents.Silence, Cancel);
        await time.PassAsync(Interval, Cancel);
        await UntilAsync(() => asked.Count == 4, terminal);
        Assert.Equal("2", asked.ElementAt(3));
        kuma.Stream = null;
        kuma.Answers["/meshes"] = (503, "");
        await time.PassAsync(ServerEvents.Silence, Cancel);
        await time.PassAsync(Interval, Cancel);
        await UntilAsync(() => terminal.Error.Contains("asking again in 4 s", StringComparison.Ordinal), terminal);
        kuma.Answers["/meshes"] = (401, """{"title":"Invalid authentication data","detail":"Unauthenticated"}""");
        await time.PassAsync(2 * Interval, Cancel);
        Assert.Equal(ExitCode.Failed, await running);
        Assert.Contains("Invalid authentication data", terminal.Error, StringComparison.Ordinal);

        bool Shows(string line) => terminal.Output.Contains(line + "\n", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NothingListensThere_SaysSo()
    {
        using var terminal = new TestTerminal();

        Assert.Equal(ExitCode.Failed, await terminal.RunAsync("get", "meshes", "--address", $"http://127.0.0.1:{FreePorts.Take()}"));

        Assert.Contains("cannot be reached", terminal.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Token_OfAConfiguredControlPlane_IsNotSentToAnotherAddress()
    {
        await using var kuma = await FakeKuma.StartAsync();
        using var terminal = new TestTerminal();
        using var folder = new TempFolder();
        terminal.Environment["XDG_CONFIG_HOME"] = folder.Path;
        await terminal.RunAsync("config", "control-planes", "add", "--name", "real", "--address", "https://real.example", "--auth-type", "tokens", "--auth-conf", "token=s3cret", "--skip-check");

        Assert.Equal(ExitCode.Ok, await terminal.RunAsync("get", "meshes", "--address", kuma.Address));

        Assert.False(kuma.SawToken);
    }

    private static void Store(FakeKuma kuma, string path, string json) => kuma.Stored[path] = (JsonObject)JsonNode.Parse(json)!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task UntilAsync(Func<bool> holds, TestTerminal terminal) => Eventually.TrueAsync(() => Task.FromResult(holds()), $"such output; it is: {terminal}", Cancel);
}
