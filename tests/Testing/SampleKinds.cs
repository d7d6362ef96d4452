using MeshConsole.Shared;

namespace MeshConsole.Testing;

/// <summary>What <see cref="SampleKind"/>s hold.</summary>
public sealed record SampleSpec
{
    /// <summary>Any text.</summary>
    public string? Text { get; init; }
}

/// <summary>
/// Kinds for tests of what is the same for every kind (store, journal, sessions): the tests do not change when a real
/// kind does.
/// </summary>
public sealed class SampleKind(string name, Scope scope, bool isSecret = false, bool observed = false) : JsonKind<SampleSpec>
{
    /// <summary>Lives in a mesh.</summary>
    public static SampleKind Note { get; } = new("Note", Scope.Mesh);

    /// <summary>Lives beside all meshes.</summary>
    public static SampleKind Board { get; } = new("Board", Scope.Global);

    /// <summary>Its spec is a secret.</summary>
    public static SampleKind Diary { get; } = new("Diary", Scope.Mesh, isSecret: true);

    /// <summary>Observed state: no history, no audit.</summary>
    public static SampleKind Gauge { get; } = new("Gauge", Scope.Mesh, observed: true);

    /// <summary>All of them.</summary>
    public static KindRegistry Registry { get; } = new([Note, Board, Diary, Gauge]);

    /// <inheritdoc />
    public override string Name => name;

    /// <inheritdoc />
    public override string Path => name.ToLowerInvariant() + "s";

    /// <inheritdoc />
    public override Scope Scope => scope;

    /// <inheritdoc />
    public override Flow Flow => Flow.GlobalToZone;

    /// <inheritdoc />
    public override bool IsSecret => isSecret;

    /// <inheritdoc />
    public override bool Observed => observed;

    /// <inheritdoc />
    public override string SingularDisplayName => name;

    /// <inheritdoc />
    public override string PluralDisplayName => name + "s";

    /// <inheritdoc />
    public override SpecSchema Schema { get; } = new()
    {
        Type = SchemaType.Object,
        Members = [new SchemaMember("text", new SpecSchema { Type = SchemaType.String })],
    };

    /// <summary>A draft of this kind.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">Its text.</param>
    /// <param name="mesh">Its mesh; ignored for kinds without mesh.</param>
    public Resource Make(string name, string text = "", string mesh = "default") => new()
    {
        Kind = this,
        Mesh = Scope == Scope.Mesh ? mesh : "",
        Name = name,
        Spec = JsonBody.From(new SampleSpec { Text = text }),
    };
}
