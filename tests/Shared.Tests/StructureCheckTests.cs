using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace MeshConsole.Shared.Tests;

public sealed class StructureCheckTests
{
    private static readonly SpecSchema Schema = RecordSchema.For<Sample>();

    [Fact]
    public void For_Record_TakesOverTheAttributes()
    {
        var retries = Schema.Members.Single(m => m.Name == "retries");
        Assert.Equal("How often.", retries.Description);
        Assert.Equal("3", retries.Default);
        Assert.Equal((SchemaType.Integer, 1d, 9d), (retries.Schema.Type, retries.Schema.Minimum, retries.Schema.Maximum));
        Assert.True(Schema.Members.Single(m => m.Name == "mode").Required);
        var names = Schema.Members.Single(m => m.Name == "names").Schema;
        Assert.Equal((1, 2), (names.MinItems, names.MaxItems));
        Assert.Equal("^[a-z]+$", names.Items!.Pattern);
        Assert.Equal("duration", Schema.Members.Single(m => m.Name == "wait").Schema.Format);
    }

    [Fact]
    public void Check_RightBody_FindsNothing() =>
        Assert.Empty(Violations("""{"mode":"Fast","retries":2,"names":["a"],"wait":"1m","share":"12.5","labels":{"a":"b"},"inner":{"on":true},"free":[1,{}]}"""));

    [Theory]
    [InlineData("""{}""", "spec.mode", "in body is required")]
    [InlineData("""{"mode":null}""", "spec.mode", "in body is required")]
    [InlineData("""{"mode":"fast"}""", "spec.mode", "in body should be one of [Fast Slow]")]
    [InlineData("""{"mode":7}""", "spec.mode", "in body must be of type string: \"integer\"")]
    [InlineData("""{"mode":"Fast","retries":0}""", "spec.retries", "in body should be greater than or equal to 1")]
    [InlineData("""{"mode":"Fast","retries":10}""", "spec.retries", "in body should be less than or equal to 9")]
    [InlineData("""{"mode":"Fast","retries":1.5}""", "spec.retries", "in body must be of type integer: \"number\"")]
    [InlineData("""{"mode":"Fast","retries":1e400}""", "spec.retries", "in body must be of type integer: \"number\"")]
    [InlineData("""{"mode":"Fast","names":"a"}""", "spec.names", "in body must be of type array: \"string\"")]
    [InlineData("""{"mode":"Fast","names":[]}""", "spec.names", "in body should have at least 1 items")]
    [InlineData("""{"mode":"Fast","names":["a","b","c"]}""", "spec.names", "in body should have at most 2 items")]
    [InlineData("""{"mode":"Fast","names":["a","B\n"]}""", "spec.names[1]", "in body should match '^[a-z]+$'")]
    [InlineData("""{"mode":"Fast","wait":"10"}""", "spec.wait", "duration")]
    [InlineData("""{"mode":"Fast","share":true}""", "spec.share", "in body must be of type integer,string: \"boolean\"")]
    [InlineData("""{"mode":"Fast","labels":{"x.y":1}}""", "spec.labels[\"x.y\"]", "in body must be of type string: \"integer\"")]
    [InlineData("""{"mode":"Fast","inner":{"on":"yes"}}""", "spec.inner.on", "in body must be of type boolean: \"string\"")]
    public void Check_WrongBody_NamesFieldAndFault(string body, string field, string message)
    {
        var violation = Assert.Single(Violations(body));
        Assert.Equal(field, violation.Field);
        Assert.Contains(message, violation.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_UnknownMembers_AreNamedWithTheNearestKnownOne()
    {
        var report = StructureCheck.Check(JsonBody.FromText("""{"mode":"Fast","retrys":1,"inner":{"On":true,"zebra":1}}""").Parse(), Schema);
        Assert.True(report.Ok);
        Assert.Equal(
            [new UnknownField("spec.inner.On", "on"), new UnknownField("spec.inner.zebra", null), new UnknownField("spec.retrys", "retries")],
            report.UnknownFields.OrderBy(u => u.Path, StringComparer.Ordinal));
        Assert.Equal("unknown field 'spec.retrys' has no effect, did you mean 'retries'?", report.UnknownFields.Single(u => u.Nearest == "retries").Warning);
    }

    [Fact]
    public void Fill_AbsentMembers_GetDefaultsWhereTheirObjectIs()
    {
        var filled = SchemaDefaults.Fill(JsonBody.FromText("""{"mode":"Fast","items":[{},{"weight":5}],"more":12345678901234567890}"""), Schema);
        Assert.Equal("""{"mode":"Fast","items":[{"weight":1},{"weight":5}],"more":12345678901234567890,"retries":3}""", filled.ToString());
    }

    [Fact]
    public void Fill_NothingMissing_ReturnsTheSameInstance()
    {
        var body = JsonBody.FromText("""{ "retries" : 1 }""");
        Assert.Same(body, SchemaDefaults.Fill(body, Schema));
    }

    private static ImmutableArray<Violation> Violations(string body) => StructureCheck.Check(JsonBody.FromText(body).Parse(), Schema).Violations;

    private sealed record Sample
    {
        [Required]
        [AllowedValues("Fast", "Slow")]
        public string? Mode { get; init; }

        [DefaultValue(3)]
        [Range(1, 9)]
        [Description("How often.")]
        public int? Retries { get; init; }

        [MinLength(1)]
        [MaxLength(2)]
        [RegularExpression("^[a-z]+$")]
        public IReadOnlyList<string>? Names { get; init; }

        public GoDuration? Wait { get; init; }

        public IntOrString? Share { get; init; }

        public IReadOnlyDictionary<string, string>? Labels { get; init; }

        public Inner? Inner { get; init; }

        public IReadOnlyList<Item>? Items { get; init; }

        public System.Text.Json.JsonElement? Free { get; init; }
    }

    private sealed record Inner
    {
        public bool? On { get; init; }
    }

    private sealed record Item
    {
        [DefaultValue(1)]
        public int? Weight { get; init; }
    }
}
