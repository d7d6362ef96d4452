namespace MeshConsole.Shared;

/// <summary>How a kind is called in the places where people and peers name it.</summary>
/// <param name="Name">Kuma's type name.</param>
/// <param name="Path">Path segment of REST.</param>
/// <param name="ShortName">Short name in a KRI.</param>
/// <param name="Singular">One of them, in words.</param>
/// <param name="Plural">Many of them, in words.</param>
public sealed record KindNames(string Name, string Path, string ShortName, string Singular, string Plural);

/// <summary>
/// A JSON kind that is one folder: names from a table, schema and defaults from the spec records, and the example from the file
/// <c>Name.example.yaml</c> beside them, embedded in the assembly of the spec.
/// </summary>
/// <typeparam name="TSpec">The spec record.</typeparam>
public abstract class SpecKind<TSpec>(KindNames names) : JsonKind<TSpec>
    where TSpec : class
{
    private string? example;

    /// <inheritdoc />
    public sealed override string Name => names.Name;

    /// <inheritdoc />
    public sealed override string Path => names.Path;

    /// <inheritdoc />
    public sealed override string? ShortName => names.ShortName;

    /// <inheritdoc />
    public sealed override string SingularDisplayName => names.Singular;

    /// <inheritdoc />
    public sealed override string PluralDisplayName => names.Plural;

    /// <inheritdoc />
    public override Scope Scope => Scope.Mesh;

    /// <inheritdoc />
    public sealed override string? Example => example ??= ReadExample($"{Name}.example.yaml");

    private static string ReadExample(string resource)
    {
        using var stream = typeof(TSpec).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The example {resource} is missing in the folder of its kind.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
