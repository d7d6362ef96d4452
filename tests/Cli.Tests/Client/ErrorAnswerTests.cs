using MeshConsole.Cli.Client;
using MeshConsole.Shared;

namespace MeshConsole.Cli.Tests.Client;

/// <summary>Errors as a person reads them.</summary>
public sealed class ErrorAnswerTests
{
    [Fact]
    public void Read_KumaBody_NamesTitleDetailAndFields()
    {
        var refusal = ErrorAnswer.Read(400, """{"title":"Could not process a resource","detail":"Resource is not valid","invalid_parameters":[{"field":"spec.to[0].targetRef.kind","reason":"value is not supported"},{"field":"","reason":"whole"}]}""");

        Assert.Equal(RefusalReason.Invalid, refusal.Reason);
        Assert.Equal("Could not process a resource (Resource is not valid)", Words.Of(refusal));
        Assert.Equal(["* spec.to[0].targetRef.kind: value is not supported", "* whole"], refusal.Violations.Select(Words.Of));
    }

    [Fact]
    public void Read_OldBody_TakesDetailsAndCauses()
    {
        var refusal = ErrorAnswer.Read(400, """{"title":"T","details":"D","causes":[{"field":"a","message":"b"}]}""");

        Assert.Equal("T (D)", Words.Of(refusal));
        Assert.Equal(new Violation("a", "b"), Assert.Single(refusal.Violations));
    }

    [Theory]
    [InlineData(405, "On Global control plane you can not modify dataplane resources.", "HTTP 405 (On Global control plane you can not modify dataplane resources.)")]
    [InlineData(404, "", "HTTP 404 (not found)")]
    [InlineData(302, "", "HTTP 302 (the control plane redirects elsewhere; give its own address)")]
    [InlineData(502, "<html>\nBad\e[31m Gateway", "HTTP 502 (<html> Bad\uFFFD[31m Gateway)")]
    [InlineData(500, "[1]", "HTTP 500 ([1])")]
    public void Read_BodyWithoutTitle_IsShownAsItCame(int status, string body, string expected) => Assert.Equal(expected, Words.Of(ErrorAnswer.Read(status, body)));
}
