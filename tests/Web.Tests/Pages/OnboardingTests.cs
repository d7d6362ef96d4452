using System.Collections.Immutable;
using MeshConsole.ControlPlane.Delivery;
using MeshConsole.ControlPlane.Kds;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Web.Components.Controls;
using MeshConsole.Web.Components.Pages.Zones;
using MeshConsole.Web.Live;
using Microsoft.Extensions.Time.Testing;

namespace MeshConsole.Web.Tests.Pages;

public sealed class OnboardingTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 14, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Steps_NobodyCalled_AllWaitAndSayWhatIsInTheWay()
    {
        var steps = Steps(new ZoneLink("gke"));

        Assert.All(steps, s => Assert.Equal(Tone.Mute, s.Tone));
        Assert.Contains("firewall", steps[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_TurnedAway_NamesTheReasonTheTimeAndTheMend()
    {
        var admitted = Step(new ZoneLink("gke") { Refusal = new LinkRefusal("the token expired on 2026-11-01", "198.51.100.7", Now, 3) }, "admitted");

        Assert.Equal((Tone.Bad, "Not admitted"), (admitted.Tone, admitted.Title));
        Assert.Contains("the token expired on 2026-11-01. Last at 14:00:00, 3 times.", admitted.Text, StringComparison.Ordinal);
        Assert.Contains("Issue a new token", admitted.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("The token cannot be read; it is no signed JWT.")]
    [InlineData("there is no signing key with KID 7")]
    public void Steps_TokenOfNoUse_SaysToIssueOne(string reason) =>
        Assert.Contains("Issue a token", Step(new ZoneLink("gke") { Refusal = new LinkRefusal(reason, "198.51.100.7", Now, 1) }, "admitted").Text, StringComparison.Ordinal);

    [Fact]
    public void Steps_CameUnderAnotherName_NamesBoth()
    {
        var stranger = new ZoneLink("gke-1") { Refusal = new LinkRefusal("the token is for zone gke", "198.51.100.7", Now, 1) };

        var admitted = Step(new ZoneLink("gke"), "admitted", stranger);

        Assert.Equal(Tone.Bad, admitted.Tone);
        Assert.Contains("gke-1", admitted.Text, StringComparison.Ordinal);
        Assert.Contains("--name gke", admitted.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_ConnectedAfterARefusal_NoLongerShowsIt()
    {
        var link = new ZoneLink("gke") { Connected = true, Since = Now, HasToken = true, Version = "2.14.3", Refusal = new LinkRefusal("old", "x", Now, 1) };

        Assert.Equal(Tone.Ok, Step(link, "admitted").Tone);
        Assert.Contains("14:00:00", Step(link, "connected").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_ConnectionEnded_SaysThatTheZoneCallsAgain() =>
        Assert.Equal(Tone.Warn, Step(new ZoneLink("gke") { Since = Now, LastSeen = Now }, "connected").Tone);

    private static OnboardingStep Step(ZoneLink link, string key, params ZoneLink[] others) => Steps(link, others).Single(s => s.Key == key);

    private static ImmutableArray<OnboardingStep> Steps(ZoneLink link, params ZoneLink[] others) => Onboarding.Steps(
        "gke",
        link,
        others.Append(link).ToImmutableSortedDictionary(l => l.Zone, l => l),
        World.Empty,
        DeliveryBoard.Empty,
        new ViewClock(new FakeTimeProvider(Now)),
        kuma: false);
}
