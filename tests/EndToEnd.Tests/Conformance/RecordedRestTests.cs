using MeshConsole.Shared;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>
/// The recorded calls to a real global and a real zone, sent to ours: same status, envelope and fields, except for what
/// <c>docs/compatibility.md</c> lists with its reason.
/// </summary>
public abstract class RecordedRestTests(RecordedRestTests.Fixture fixture)
{
    private static readonly WantedDifferences Wanted = WantedDifferences.Read();

    /// <summary>Calls that only make sense on the machine that was recorded; the reason stands in docs/compatibility.md.</summary>
    private static readonly string[] NotReplayed = ["w_auth_", "secrets_unauth_forwarded", "gui", "metrics"];

    /// <summary>Names of the calls of a recording; one empty name when the shared folder is not there.</summary>
    protected static TheoryData<string> NamesOf(string recording)
    {
        var names = RecordedCall.All(recording).Select(c => c.Name).Where(n => !NotReplayed.Any(p => n.StartsWith(p, StringComparison.Ordinal))).ToList();
        return names.Count == 0 ? [""] : [.. names];
    }

    /// <summary>Sends one recorded call and compares.</summary>
    protected async Task ReplayAsync(string name)
    {
        Assert.SkipWhen(name.Length == 0, "The recorded answers are not available here.");
        var call = fixture.Calls.Single(c => c.Name == name);
        fixture.Replayed.Add(name);
        await fixture.ResetAsync(call);

        using var message = call.ToMessage();
        using var answer = await fixture.ControlPlane.Client.SendAsync(message, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var differences = AnswerDiff.Of(call, (int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType ?? "", text);
        var unwanted = differences.Where(d => !Wanted.Allow($"{fixture.Recording}/{name}", d)).ToList();
        Assert.True(
            unwanted.Count == 0,
            $"{call.Method} {call.Path}: {string.Join(", ", unwanted)}\nrecorded: {call.Status} {call.Body?.ToJsonString()}\nours: {(int)answer.StatusCode} {text}");
    }

    /// <summary>One control plane for all calls of a recording; its store is put into the recorded state before each call.</summary>
    public abstract class Fixture : IAsyncLifetime
    {
        private ControlPlaneUnderTest? controlPlane;
        private RecordedState? state;
        private RecordedState? stateWithSecondMesh;

        /// <summary><c>global</c> or <c>zone</c>.</summary>
        public abstract string Recording { get; }

        internal ControlPlaneUnderTest ControlPlane => controlPlane!;

        internal IReadOnlyList<RecordedCall> Calls { get; private set; } = [];

        /// <summary>Names of the calls that were sent.</summary>
        internal HashSet<string> Replayed { get; } = [];

        /// <inheritdoc />
        public async ValueTask InitializeAsync()
        {
            Calls = RecordedCall.All(Recording);
            if (Calls.Count == 0)
            {
                return;
            }

            controlPlane = await StartAsync();
            List<Resource> made = [.. ControlPlane.Store.World.Value.Kinds.SelectMany(ControlPlane.Store.World.Value.List)];
            state = new RecordedState(Calls.Where(c => !IsOfSecondMesh(c) && IsRead(c)), ControlPlane.Kinds, made);
            stateWithSecondMesh = new RecordedState(Calls.Where(IsRead), ControlPlane.Kinds, made);
            stateWithSecondMesh.AddFirstPolicies(Calls.Single(c => c.Name == "m2_rules").Body!);
        }

        /// <inheritdoc />
        public async ValueTask DisposeAsync()
        {
            GC.SuppressFinalize(this);
            if (controlPlane is not null)
            {
                await controlPlane.DisposeAsync();
            }

            // Only a run of all calls can tell that a row of the page is needed no more.
            if (Calls.Count > 0 && NamesOf(Recording).Count == Replayed.Count)
            {
                Assert.Empty(Wanted.Unneeded(Recording, Replayed).Select(r => string.Join(' ', r.Calls)));
            }
        }

        /// <summary>Starts the control plane.</summary>
        internal abstract Task<ControlPlaneUnderTest> StartAsync();

        /// <summary>Puts the store into the state in which <paramref name="call"/> was answered.</summary>
        internal async Task ResetAsync(RecordedCall call)
        {
            await (IsOfSecondMesh(call) ? stateWithSecondMesh! : state!).ApplyAsync(ControlPlane.Store);
            if (IsOfSecondMesh(call) && ControlPlane.Store.World.Value.Find("Mesh", "mesh2") is null)
            {
                var mesh = new Resource
                {
                    Kind = ControlPlane.Kinds["Mesh"],
                    Name = "mesh2",
                    Labels = Recording == "zone" ? Labels.None.Add(Labels.Origin, Labels.OriginGlobal) : Labels.None,
                    Spec = JsonBody.FromText("""{"meshServices":{"mode":"Exclusive"}}"""),
                };
                await ControlPlane.Store.CommitAsync(Actor.System, t => t.Put(mesh, history: false));
            }

            if (IsRead(call))
            {
                return;
            }

            // A call that worked needs what it worked on: an update the resource, a deletion too, a read what was written. What a
            // read showed of it is the best witness; else the write that made it is sent.
            var prefix = call.Name[..2];
            if (call.Status != 201 && Calls.FirstOrDefault(c => c is { Method: "GET", Status: 200 } && c.Path == call.Path && c.Name.StartsWith(prefix, StringComparison.Ordinal)) is { } witness
                && RecordedState.Read(witness.Body, ControlPlane.Kinds) is { } seen)
            {
                await ControlPlane.Store.CommitAsync(Actor.System, t => t.Put(seen, history: false));
            }
            else if (call is { Method: "PUT", Status: 200 } or { Method: "DELETE", Status: 200 })
            {
                var before = call is { Method: "PUT" } ? call : Calls.First(c => c is { Method: "PUT", Succeeds: true } && c.Path == call.Path);
                using var message = before.ToMessage();
                using var answer = await ControlPlane.Client.SendAsync(message, TestContext.Current.CancellationToken);
                Assert.True(answer.IsSuccessStatusCode, $"cannot prepare {call.Name}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
            }
        }

        private static bool IsRead(RecordedCall call) => !call.Name.StartsWith("v_", StringComparison.Ordinal) && !call.Name.StartsWith("w_", StringComparison.Ordinal);

        private static bool IsOfSecondMesh(RecordedCall call) => call.Name.StartsWith("m2_", StringComparison.Ordinal);
    }
}

/// <summary>Against a global.</summary>
public sealed class RecordedGlobalTests(RecordedGlobalTests.GlobalFixture fixture) : RecordedRestTests(fixture), IClassFixture<RecordedGlobalTests.GlobalFixture>
{
    public static TheoryData<string> Names => NamesOf("global");

    [Theory]
    [MemberData(nameof(Names))]
    public Task Call_ToAGlobal_AnswersAsRecorded(string name) => ReplayAsync(name);

    /// <summary>A global whose zone <c>zone-1</c> is connected.</summary>
    public sealed class GlobalFixture : Fixture
    {
        /// <inheritdoc />
        public override string Recording => "global";

        /// <inheritdoc />
        internal override async Task<ControlPlaneUnderTest> StartAsync() => (await ControlPlaneUnderTest.StartGlobalAsync()).Connect("zone-1");
    }
}

/// <summary>Against a zone of a global.</summary>
public sealed class RecordedZoneTests(RecordedZoneTests.ZoneFixture fixture) : RecordedRestTests(fixture), IClassFixture<RecordedZoneTests.ZoneFixture>
{
    public static TheoryData<string> Names => NamesOf("zone");

    [Theory]
    [MemberData(nameof(Names))]
    public Task Call_ToAZone_AnswersAsRecorded(string name) => ReplayAsync(name);

    /// <summary>The zone <c>zone-1</c>, whose global is away.</summary>
    public sealed class ZoneFixture : Fixture
    {
        /// <inheritdoc />
        public override string Recording => "zone";

        /// <inheritdoc />
        internal override Task<ControlPlaneUnderTest> StartAsync() => ControlPlaneUnderTest.StartZoneAsync("zone-1", federated: true);
    }
}
