using MeshConsole.ControlPlane.Discovery;
using MeshConsole.Protos.Envoy.Core;
using MeshConsole.Protos.Envoy.Discovery;

namespace MeshConsole.ControlPlane.Tests.Discovery;

public sealed class DeltaSessionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly DeltaSession session = new("global");

    [Fact]
    public void FirstRequest_IsAnsweredWithTheCompleteSet_AlsoWhenEmpty()
    {
        Assert.Equal(DeltaAnswerKind.First, session.Receive(Ask("A"), Now).Kind);
        Assert.Null(session.Next("A", 1, Now)); // nothing offered yet
        session.OfferAll("A", []);
        var response = session.Next("A", 1, Now)!;
        Assert.Empty(response.Resources);
        Assert.Equal("A", response.TypeUrl);
        Assert.Equal("global", response.ControlPlane.Identifier);
        Assert.NotEmpty(response.Nonce);
    }

    [Fact]
    public void Nonces_AreUniqueOnTheStream()
    {
        var nonces = new[] { Open("A"), Open("B"), Open("C") }.Select(r => r.Nonce).ToList();
        Assert.Equal(3, nonces.Distinct().Count());
    }

    [Fact]
    public void AcceptedAndUnchanged_SendsNothing()
    {
        Accept(Open("A", Item("x", "1")));
        Assert.Null(session.Next("A", 2, Now));
        session.Offer("A", "x", Item("x", "1"));
        Assert.Null(session.Next("A", 3, Now));
        Assert.True(session.IsSettled("A"));
    }

    [Fact]
    public void OneChange_SendsExactlyThat_AndADeleteOnlyItsName()
    {
        Accept(Open("A", Item("x", "1"), Item("y", "1")));
        session.Offer("A", "x", Item("x", "2"));
        var change = session.Next("A", 2, Now)!;
        Assert.Equal(["x"], change.Resources.Select(r => r.Name));
        Accept(change);
        session.Offer("A", "x", null);
        var removal = session.Next("A", 3, Now)!;
        Assert.Empty(removal.Resources);
        Assert.Equal(["x"], removal.RemovedResources);
    }

    [Fact]
    public void ChangesDuringAnOpenResponse_FollowAsNetDifference()
    {
        var first = Open("A", Item("keeps", "1"), Item("goes", "1"), Item("moves", "1"));
        session.Offer("A", "moves", Item("moves", "2"));
        session.Offer("A", "moves", Item("moves", "3"));
        session.Offer("A", "keeps", Item("keeps", "2"));
        session.Offer("A", "keeps", Item("keeps", "1")); // edited and back
        session.Offer("A", "goes", null);
        Assert.Null(session.Next("A", 2, Now)); // one in flight
        Accept(first);
        var net = session.Next("A", 3, Now)!;
        Assert.Equal([("moves", "3")], net.Resources.Select(r => (r.Name, r.Version)));
        Assert.Equal(["goes"], net.RemovedResources);
        Accept(net);
        Assert.Null(session.Next("A", 4, Now));
    }

    [Fact]
    public void SilentType_DoesNotHoldUpOthers()
    {
        Open("A", Item("x", "1"));
        var b = Open("B", Item("y", "1"));
        Accept(b);
        session.Offer("B", "y", Item("y", "2"));
        Assert.NotNull(session.Next("B", 2, Now));
        Assert.True(session.IsInFlight("A"));
    }

    [Fact]
    public void Refusal_IsNotResentUntilTheContentChanges()
    {
        Accept(Open("A", Item("x", "1")));
        session.Offer("A", "x", Item("x", "2"));
        var answer = Refuse(session.Next("A", 2, Now)!, "no");
        Assert.Equal(["x"], answer.Refusals.Select(r => r.Name));
        Assert.Null(session.Next("A", 3, Now.AddSeconds(5)));
        session.Offer("A", "x", Item("x", "3"));
        Assert.Equal("3", session.Next("A", 4, Now)!.Resources.Single().Version);
    }

    [Fact]
    public void Refusal_IsTriedAgainAfterItsWait_WhichDoubles()
    {
        Accept(Open("A", Item("x", "1")));
        session.Offer("A", "x", Item("x", "2"));
        Refuse(session.Next("A", 2, Now)!, "no");
        Assert.Equal(Now.AddSeconds(30), session.NextRetry);
        var again = session.Next("A", 3, Now.AddSeconds(30))!;
        Assert.Equal("2", again.Resources.Single().Version);
        Assert.Null(session.NextRetry); // waits for the answer, not for the clock
        Refuse(again, "no", Now.AddSeconds(30));
        Assert.Equal(Now.AddSeconds(90), session.NextRetry);
        var third = session.Next("A", 4, Now.AddSeconds(90))!;
        var answer = session.Receive(Ack(third), Now.AddSeconds(90));
        Assert.Equal(["x"], answer.Cleared.Select(i => i.Name));
        Assert.Null(session.NextRetry);
    }

    [Fact]
    public void RefusalOfATypeNeverAccepted_MakesTheNextResponseComplete()
    {
        Refuse(Open("A", Item("x", "1"), Item("y", "1")), "no");
        Assert.Null(session.Next("A", 2, Now));
        session.Offer("A", "x", Item("x", "2"));
        Assert.Equal(["x", "y"], session.Next("A", 3, Now)!.Resources.Select(r => r.Name).Order());
    }

    [Fact]
    public void RefusalThatNamesOne_ClearsTheOthers()
    {
        Accept(Open("A"));
        foreach (var name in (string[])["a", "b", "c"])
        {
            session.Offer("A", name + ".default", Item(name + ".default", "1"));
        }

        var answer = Refuse(session.Next("A", 2, Now)!, "Type \"b.default\": spec.x: is wrong");
        Assert.Equal([("b.default", "spec.x: is wrong")], answer.Refusals.Select(r => (r.Name, r.Reason)));
        Assert.Empty(answer.Unclear);
    }

    [Fact]
    public void RefusalInKumasWords_IsUnderstood()
    {
        Accept(Open("A"));
        session.Offer("A", "s.default", Item("s.default", "1"));
        session.Offer("A", "t.default", Item("t.default", "1"));
        var answer = Refuse(session.Next("A", 2, Now)!, "user error\nresource already exists: type=\"Secret\" name=\"s\" mesh=\"default\"");
        Assert.Equal(["s.default"], answer.Refusals.Select(r => r.Name));
    }

    [Fact]
    public void RefusalOfManyThatNamesNone_IsTracedToTheGuiltyOne()
    {
        Accept(Open("A"));
        for (var i = 0; i < 20; i++)
        {
            session.Offer("A", $"p{i}", Item($"p{i}", "1"));
        }

        var guilty = new List<string>();
        var accepted = new HashSet<string>();
        var rounds = 0;
        while (session.Next("A", 2, Now) is { } response)
        {
            Assert.True(++rounds < 20, "Halving does not end.");
            var names = response.Resources.Select(r => r.Name).ToList();
            var answer = names.Contains("p13") ? Refuse(response, "no") : session.Receive(Ack(response), Now);
            guilty.AddRange(answer.Refusals.Select(r => r.Name));
            if (answer.Kind == DeltaAnswerKind.Accepted)
            {
                accepted.UnionWith(names);
            }
        }

        Assert.Equal(["p13"], guilty);
        Assert.Equal(19, accepted.Count);
    }

    [Fact]
    public void RefusedFirstAnswerThatNamesNone_IsSentOnceMoreComplete_AndThenTracedToTheGuiltyOne()
    {
        session.RefusalEndsFirst = true;
        DeltaItem[] items = [.. Enumerable.Range(0, 20).Select(i => Item($"p{i}", "1"))];
        var first = Refuse(Open("A", items), "no");
        Assert.Empty(first.Refusals); // nobody knows
        Assert.Equal(20, first.Unclear.Length);
        Assert.Null(session.Next("A", 2, Now));
        Assert.False(session.IsSettled("A"));
        var later = Now.AddSeconds(30);
        var again = session.Next("A", 2, later)!;
        Assert.Equal(20, again.Resources.Count); // complete, as it must be
        Assert.Equal(20, Refuse(again, "no", later).Unclear.Length);
        var guilty = new List<string>();
        for (var rounds = 0; session.Next("A", 2, later) is { } response; rounds++)
        {
            Assert.True(rounds < 20, "Halving does not end.");
            Assert.True(response.Resources.Count < 20);
            var answer = response.Resources.Any(r => r.Name == "p13") ? Refuse(response, "no", later) : session.Receive(Ack(response), later);
            guilty.AddRange(answer.Refusals.Select(r => r.Name));
        }

        Assert.Equal(["p13"], guilty);
        session.Offer("A", "p1", Item("p1", "2"));
        Assert.Equal(["p1"], session.Next("A", 3, later)!.Resources.Select(r => r.Name)); // and goes on in differences
    }

    [Fact]
    public void RefusedFirstAnswerThatNamesNone_OfAnOldPeer_IsSentAgainCompleteEachTime_AndTheWaitDoubles()
    {
        var answer = Refuse(Open("A", Item("x", "1"), Item("y", "1")), "no");
        Assert.Equal(2, answer.Refusals.Length);
        Assert.All(answer.Refusals, r => Assert.Equal("refused together with 1 others, without saying which one: no", r.Reason));
        var due = Now;
        foreach (var wait in (int[])[30, 60, 120])
        {
            due = due.AddSeconds(wait);
            Assert.Equal(due, session.NextRetry);
            var again = session.Next("A", 2, due)!;
            Assert.Equal(2, again.Resources.Count);
            Assert.Null(session.NextRetry);
            Refuse(again, "no", due);
        }
    }

    [Fact]
    public void RefusedRemoval_IsTold_TriedAgain_AndCleared()
    {
        Accept(Open("A", Item("x", "1")));
        session.Offer("A", "x", null);
        var refusal = Assert.Single(Refuse(session.Next("A", 2, Now)!, "in use").Refusals);
        Assert.Equal(("x", "1"), (refusal.Item?.Name, refusal.Item?.Version));
        var again = session.Next("A", 3, Now.AddSeconds(30))!;
        Assert.Equal(["x"], again.RemovedResources);
        Assert.Equal(["x"], session.Receive(Ack(again), Now).Cleared.Select(i => i.Name));
        Assert.Null(session.NextRetry);
    }

    [Fact]
    public void PartThatIsGoneMeanwhile_DoesNotHoldUpTheOtherParts()
    {
        Accept(Open("A"));
        session.Offer("A", "x", Item("x", "1"));
        session.Offer("A", "y", Item("y", "1"));
        Refuse(session.Next("A", 2, Now)!, "no");
        session.Offer("A", "x", null);
        Accept(session.Next("A", 3, Now)!);
        Assert.Equal(["y"], session.Next("A", 3, Now)!.Resources.Select(r => r.Name));
    }

    [Fact]
    public void SecondFirstRequest_IsAnsweredEmpty()
    {
        Accept(Open("A", Item("x", "1")));
        Assert.Equal(DeltaAnswerKind.Again, session.Receive(Ask("A"), Now).Kind);
        var response = session.Next("A", 2, Now)!;
        Assert.Empty(response.Resources);
        Assert.Empty(response.RemovedResources);
    }

    [Fact]
    public void ForeignNonce_ChangesNothing()
    {
        var first = Open("A", Item("x", "1"));
        Assert.Equal(DeltaAnswerKind.Stale, session.Receive(new DeltaDiscoveryRequest { TypeUrl = "A", ResponseNonce = "77" }, Now).Kind);
        Assert.True(session.IsInFlight("A"));
        Accept(first);
    }

    [Fact]
    public void CompleteSetAboveTheLimit_IsNotSentAndNotSplit()
    {
        var small = new DeltaSession("global", maxBytes: 10_000);
        small.Receive(Ask("A"), Now);
        small.OfferAll("A", Enumerable.Range(0, 100).Select(i => Item($"n{i}", new string('v', 200))));
        Assert.Null(small.Next("A", 1, Now));
        Assert.True(small.IsTooLarge("A"));
        Assert.True(small.CompleteSize("A") > 10_000);
    }

    [Fact]
    public void DifferenceAboveTheLimit_ComesInParts_AndOnlyTheLastSettles()
    {
        var small = new DeltaSession("global", maxBytes: 10_000);
        small.Receive(Ask("A"), Now);
        small.OfferAll("A", []);
        small.Receive(Ack(small.Next("A", 1, Now)!), Now);
        for (var i = 0; i < 100; i++)
        {
            small.Offer("A", $"n{i}", Item($"n{i}", new string('v', 200)));
        }

        var names = new HashSet<string>();
        var marks = new List<long>();
        while (small.Next("A", 5, Now) is { } response)
        {
            Assert.True(response.CalculateSize() <= 10_000);
            names.UnionWith(response.Resources.Select(r => r.Name));
            marks.Add(small.Receive(Ack(response), Now).Mark);
        }

        Assert.Equal(100, names.Count);
        Assert.True(marks.Count > 1);
        Assert.Equal(5, marks[^1]);
        Assert.All(marks.SkipLast(1), m => Assert.Equal(0, m));
    }

    private static DeltaItem Item(string name, string version) => new(new Resource { Name = name, Version = version });

    private static DeltaDiscoveryRequest Ask(string type) => new() { TypeUrl = type, Node = new Node { Id = "lab" }, ResourceNamesSubscribe = { "*" } };

    private static DeltaDiscoveryRequest Ack(DeltaDiscoveryResponse response) => new() { TypeUrl = response.TypeUrl, ResponseNonce = response.Nonce };

    private DeltaDiscoveryResponse Open(string type, params DeltaItem[] items)
    {
        session.Receive(Ask(type), Now);
        session.OfferAll(type, items);
        return session.Next(type, 1, Now)!;
    }

    private void Accept(DeltaDiscoveryResponse response) => Assert.Equal(DeltaAnswerKind.Accepted, session.Receive(Ack(response), Now).Kind);

    private DeltaAnswer Refuse(DeltaDiscoveryResponse response, string text, DateTimeOffset? at = null)
    {
        var request = Ack(response);
        request.ErrorDetail = new Protos.Rpc.Status { Message = text };
        return session.Receive(request, at ?? Now);
    }
}
