using System.Text;
using System.Text.Json.Nodes;

namespace MeshConsole.Testing.Corpus;

/// <summary>Spoils JSON in the ways in which people and broken tools do, the same way for the same seed.</summary>
public sealed class JsonMutation(int seed)
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1", "65536", "4294967296", "9223372036854775808", "-9223372036854775809", "1e400", "0.5", "1e-400",
        "\"\"", "\"*\"", "\"0s\"", "\"-1s\"", "\"5\"", "\"1h30m\"", "\"99999999999h\"", "\"1000000000000000000000s\"", "\"../../etc/passwd\"", "\"a b\"",
        "\"\\u0000\"", "\"LONE-SURROGATE\"", "\"\\ud83d\\ude00\"", "\"{{\"", "\"[(\"", "\"http://\"", "\"::\"", "\"[::1]:0\"", "\"spiffe://\"", "\"100%\"",
        "[]", "[null]", "[[]]", "[\"a\",\"a\"]", "{}", "{\"\":\"\"}", "{\"kind\":\"Mesh\"}", "{\"a\":{\"a\":{\"a\":1}}}",
    ];

    private readonly Random random = new(seed);

    /// <summary>The spoilt body as UTF-8 text; half a surrogate pair, which no JSON writer writes, is put in here.</summary>
    public byte[] TextOf(JsonObject body) => Encoding.UTF8.GetBytes(Of(body).ToJsonString().Replace("LONE-SURROGATE", "\\ud800", StringComparison.Ordinal));

    /// <summary>A spoilt copy of <paramref name="body"/>: one to four values replaced, removed, doubled or put where they do not belong.</summary>
    public JsonObject Of(JsonObject body)
    {
        var copy = body.DeepClone().AsObject();
        for (var left = random.Next(1, 5); left > 0; left--)
        {
            Spoil(copy);
        }

        return copy;
    }

    /// <summary>Bytes: a body cut, or with bytes flipped.</summary>
    public byte[] Of(byte[] text)
    {
        var copy = text.ToArray();
        for (var left = random.Next(1, 6); left > 0 && copy.Length > 0; left--)
        {
            copy[random.Next(copy.Length)] = (byte)random.Next(256);
        }

        return random.Next(3) == 0 ? copy[..random.Next(copy.Length)] : copy;
    }

    private void Spoil(JsonObject root)
    {
        var places = new List<(JsonNode Parent, string? Key, int Index)>();
        Collect(root, places);
        if (places.Count == 0)
        {
            return;
        }

        var (parent, key, index) = places[random.Next(places.Count)];
        switch (parent)
        {
            case JsonObject obj when random.Next(6) == 0:
                obj.Remove(key!);
                break;
            case JsonObject obj when random.Next(6) == 0:
                obj[key + "x"] = Any();
                break;
            case JsonObject obj:
                obj[key!] = Any();
                break;
            case JsonArray array when random.Next(4) == 0:
                array.Add(array[index]?.DeepClone());
                break;
            case JsonArray array:
                array[index] = Any();
                break;
        }
    }

    private JsonNode? Any() => JsonNode.Parse(Values[random.Next(Values.Length)]);

    private static void Collect(JsonNode? node, List<(JsonNode Parent, string? Key, int Index)> places)
    {
        switch (node)
        {
            case JsonObject obj:
                foreach (var (key, value) in obj)
                {
                    if (key != "type")
                    {
                        places.Add((obj, key, -1));
                        Collect(value, places);
                    }
                }

                break;
            case JsonArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    places.Add((array, null, i));
                    Collect(array[i], places);
                }

                break;
        }
    }
}
