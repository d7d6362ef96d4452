using MeshConsole.Testing;
using MeshConsole.Testing.Corpus;

namespace MeshConsole.ControlPlane.Tests.Kinds;

/// <summary>
/// Manifests with the expected answer beside them: our own under <c>Cases</c>, and the shared corpus where it is available. Every
/// kind that travels as protobuf is covered; those that travel as JSON have their own tests.
/// </summary>
public sealed class CorpusTests
{
    private static readonly CaseFolder Shared = CaseFolder.Shared(ProtoKinds.All);

    /// <summary>Our own cases.</summary>
    internal static CaseFolder Own { get; } = new(RepoRoot.Combine("tests", "ControlPlane.Tests", "Kinds", "Cases"), ProtoKinds.All);

    public static TheoryData<string> OwnValid => Own.Valid;

    public static TheoryData<string> OwnInvalid => Own.Invalid;

    public static TheoryData<string> SharedValid => Shared.Valid;

    public static TheoryData<string> SharedInvalid => Shared.Invalid;

    [Theory]
    [MemberData(nameof(OwnValid))]
    public void OwnCase_Valid_IsAccepted(string file) => Own.AssertAccepted(file);

    [Theory]
    [MemberData(nameof(OwnInvalid))]
    public void OwnCase_Invalid_IsRefusedAtTheField(string file) => Own.AssertRefused(file);

    [Theory]
    [MemberData(nameof(SharedValid))]
    public void SharedCase_Valid_IsAccepted(string file) => Shared.AssertAccepted(file);

    [Theory]
    [MemberData(nameof(SharedInvalid))]
    public void SharedCase_Invalid_IsRefusedAtTheField(string file) => Shared.AssertRefused(file);
}
