using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshConsole.Shared;

/// <summary>The serializer settings of the house: one wire form for store, REST, KDS, files and pages.</summary>
public static class Json
{
    /// <summary>Deepest nesting that is accepted anywhere, counted in brackets.</summary>
    public const int MaxDepth = 64;

    /// <summary>Compact, as stored and sent; <c>&amp; &lt; &gt;</c> are not escaped (Kuma's form).</summary>
    public static JsonSerializerOptions Compact { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MaxDepth,
    };

    /// <summary>Indented, as shown to people and answered by REST.</summary>
    public static JsonSerializerOptions Pretty { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MaxDepth,
        WriteIndented = true,
        IndentSize = 1,
    };

    /// <summary>
    /// Reads and writes spec records: lowerCamelCase members, absent when null, enums as their Kuma words, member names
    /// matched without regard to case (as Go reads them), unknown members passed over.
    /// </summary>
    public static JsonSerializerOptions Spec { get; } = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = MaxDepth,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        PropertyNameCaseInsensitive = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };
}
