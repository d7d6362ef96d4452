using MeshConsole.Testing.Histories;

namespace MeshConsole.EndToEnd.Tests.Chaos;

/// <summary>The checker finds each way in which a history can be wrong, and nothing in one that is right.</summary>
public sealed class HistoryCheckerTests
{
    private readonly History history = new();

    public HistoryCheckerTests()
    {
        history.Place("a", "global", "zone-1", "zone-2");
        history.Place("b", "zone-1", "global");
    }

    [Fact]
    public void Check_CopiesThatLagAndLeaveStatesOut_AreRight()
    {
        Read("zone-1");
        Write("a", 1);
        Write("a", 2);
        Read("zone-1");
        Read("global", ("a", 2));
        Write("a", null);
        Write("a", 3);
        Read("zone-1", ("a", 2));
        Read("zone-1");
        Read("zone-1", ("a", 3));
        Read("zone-2", ("a", 3));
        End(("a", 3));

        Assert.Empty(history.Check());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Check_UnknownWriteThatIsEverywhereOrNowhere_IsRight(bool done)
    {
        Write("a", 1);
        Write("a", 2, Outcome.Unknown);
        Read("zone-1", ("a", done ? 2 : 1));
        Read("global", ("a", done ? 2 : 1));
        End(("a", done ? 2 : 1));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void Check_WriteNotAnsweredYet_MayBeSeenOrNot()
    {
        Write("a", 1);
        var open = history.Begin("a", 2);
        Read("global", ("a", 1));
        Read("zone-1", ("a", 2));
        Read("global", ("a", 2));
        history.End(open, Outcome.Acknowledged);
        End(("a", 2));

        Assert.Empty(history.Check());
    }

    [Fact]
    public void Check_UnknownWriteSeenSomewhereAndNotAtItsOrigin_IsForgotten()
    {
        Write("a", 1);
        Write("a", 2, Outcome.Unknown);
        Read("zone-1", ("a", 2));
        Read("global", ("a", 1));

        Only(Fault.Forgotten, "global", "a");
    }

    [Fact]
    public void Check_UnknownWriteInOneZoneOnly_IsApart()
    {
        Write("a", 1);
        Write("a", 2, Outcome.Unknown);
        history.AtTheEnd("global", Values(("a", 2)));
        history.AtTheEnd("zone-1", Values(("a", 2)));
        history.AtTheEnd("zone-2", Values(("a", 1)));

        Only(Fault.Apart, "zone-2", "a");
    }

    [Fact]
    public void Check_AcknowledgedWriteThatItsOriginDoesNotShow_IsForgotten()
    {
        Write("a", 1);
        Write("a", 2);
        Read("global", ("a", 1));

        Only(Fault.Forgotten, "global", "a");
    }

    [Fact]
    public void Check_AcknowledgedDeletionThatItsOriginDoesNotShow_IsForgotten()
    {
        Write("b", 1);
        Write("b", null);
        Read("zone-1", ("b", 1));

        Only(Fault.Forgotten, "zone-1", "b");
    }

    [Fact]
    public void Check_AcknowledgedWriteThatAZoneNeverGets_IsApart()
    {
        Write("a", 1);
        history.AtTheEnd("global", Values(("a", 1)));
        history.AtTheEnd("zone-1", Values());
        history.AtTheEnd("zone-2", Values(("a", 1)));

        Only(Fault.Apart, "zone-1", "a");
    }

    [Fact]
    public void Check_WriteReportedAsRejected_MayBeMissingInThatZoneOnly()
    {
        Write("a", 1);
        history.Reject("zone-1", "a");
        history.AtTheEnd("global", Values(("a", 1)));
        history.AtTheEnd("zone-1", Values());
        history.AtTheEnd("zone-2", Values());

        Only(Fault.Apart, "zone-2", "a");
    }

    [Fact]
    public void Check_CopyThatShowsAnOlderValue_WentBack()
    {
        Write("a", 1);
        Write("a", 2);
        Read("zone-1", ("a", 2));
        Read("zone-1", ("a", 1));
        Read("zone-1", ("a", 2));

        Only(Fault.WentBack, "zone-1", "a");
    }

    [Fact]
    public void Check_CopyThatVanishesForAMoment_WentBack()
    {
        Write("b", 1);
        Read("global", ("b", 1));
        Read("global");
        Read("global", ("b", 1));

        Only(Fault.WentBack, "global", "b");
    }

    [Fact]
    public void Check_DeletedCopyThatComesBack_WentBack()
    {
        Write("a", 1);
        Write("a", null);
        Read("zone-2", ("a", 1));
        Read("zone-2");
        Read("zone-2", ("a", 1));

        Only(Fault.WentBack, "zone-2", "a");
    }

    [Fact]
    public void Check_ValueThatNobodyWrote_IsNotWritten()
    {
        Write("a", 1);
        Read("zone-1", ("a", 7));

        Only(Fault.NotWritten, "zone-1", "a");
    }

    [Fact]
    public void Check_RefusedValue_IsNotWritten()
    {
        Write("a", 1);
        Write("a", 2, Outcome.Refused);
        Read("global", ("a", 2));

        Only(Fault.NotWritten, "global", "a");
    }

    [Fact]
    public void Check_ValueSeenBeforeItWasAskedFor_IsNotWritten()
    {
        Write("a", 1);
        Read("zone-1", ("a", 2));
        Write("a", 2);

        Only(Fault.NotWritten, "zone-1", "a");
    }

    [Fact]
    public void Check_NameThatNobodyWrote_IsNotWritten()
    {
        Read("zone-1", ("ghost", 1));

        Only(Fault.NotWritten, "zone-1", "ghost");
    }

    [Fact]
    public void Check_ResourceOfAnotherZone_IsInTheWrongPlace()
    {
        Write("b", 1);
        Read("zone-2", ("b", 1));

        Only(Fault.WrongPlace, "zone-2", "b");
    }

    private static Dictionary<string, int> Values(params (string Name, int Value)[] values) => values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal);

    private void Write(string name, int? value, Outcome outcome = Outcome.Acknowledged) => history.End(history.Begin(name, value), outcome);

    private void Read(string site, params (string Name, int Value)[] values) => history.Read(site, history.Tick(), Values(values));

    private void End(params (string Name, int Value)[] values)
    {
        foreach (var site in new[] { "global", "zone-1", "zone-2" })
        {
            history.AtTheEnd(site, Values(values));
        }
    }

    private void Only(Fault fault, string site, string name)
    {
        var violation = Assert.Single(history.Check());
        Assert.Equal((fault, site, name), (violation.Fault, violation.Site, violation.Name));
    }
}
