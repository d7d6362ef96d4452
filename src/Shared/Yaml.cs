using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MeshConsole.Shared;

/// <summary>
/// YAML as people write manifests, read into JSON. Scalars are typed as in YAML 1.2 (<c>true</c>, <c>12</c>, <c>1.5</c>, <c>null</c>; <c>yes</c> is
/// text). Anchors work within limits; a key twice, text that is no YAML, and documents that grow without bound are refused.
/// </summary>
public static partial class Yaml
{
    /// <summary>Most values that one text may expand to, aliases counted as often as they are used.</summary>
    public const int MaxValues = 250_000;

    /// <summary>Reads all documents of <paramref name="text"/>; empty ones are left out.</summary>
    /// <returns>The objects, or a refusal that names line and column.</returns>
    public static Result<IReadOnlyList<JsonObject>> Read(string text)
    {
        if (ControlCharacter(text) is { } at)
        {
            return Malformed(at, "a control character; write it as an escape in double quotes, such as \"\\x01\"");
        }

        try
        {
            var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
            parser.Consume<StreamStart>();
            var documents = new List<JsonObject>();
            var reader = new Reader(parser);
            while (!parser.Accept<StreamEnd>(out _))
            {
                parser.Consume<DocumentStart>();
                var start = parser.Current!.Start;
                var node = reader.Value(0);
                parser.Consume<DocumentEnd>();
                switch (node)
                {
                    case JsonObject document:
                        documents.Add(document);
                        break;
                    case null:
                        break;
                    default:
                        return Malformed(start, "a document must be a mapping");
                }
            }

            return documents;
        }
        catch (YamlException e)
        {
            return Malformed(e.Start, e.InnerException?.Message ?? e.Message);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // The parser lets some faults (of tags, of plain text at odd places) through as they come from its inside.
            return Malformed(Mark.Empty, e.Message);
        }
    }

    /// <summary>Where a character stands that YAML does not allow as it is; null when there is none.</summary>
    private static Mark? ControlCharacter(string text)
    {
        var found = text.AsSpan().IndexOfAnyInRange('\0', '\b');
        var (low, high) = (text.AsSpan().IndexOfAnyInRange('\v', '\f'), text.AsSpan().IndexOfAnyInRange('\u000e', '\u001f'));
        foreach (var other in (ReadOnlySpan<int>)[low, high])
        {
            found = other >= 0 && (found < 0 || other < found) ? other : found;
        }

        return found < 0 ? null : new Mark(found, text.AsSpan(0, found).Count('\n') + 1, found - text.LastIndexOf('\n', found));
    }

    private static Refusal Malformed(Mark at, string message) =>
        new(RefusalReason.Malformed, "Bad Request", string.Create(CultureInfo.InvariantCulture, $"invalid YAML, line {at.Line}, column {at.Column}: {message}"));

    [GeneratedRegex(@"^[-+]?[0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex WholeNumber();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex AnyNumber();

    private sealed class Reader(IParser parser)
    {
        private readonly Dictionary<AnchorName, JsonNode?> anchors = [];
        private int values;

        public JsonNode? Value(int depth)
        {
            var current = parser.Current!;
            if (depth > Json.MaxDepth)
            {
                throw new YamlException(current.Start, current.End, $"nested deeper than {Json.MaxDepth}");
            }

            Count(1, current);
            if (parser.TryConsume<AnchorAlias>(out var alias))
            {
                if (!anchors.TryGetValue(alias.Value, out var known))
                {
                    throw new YamlException(alias.Start, alias.End, $"unknown alias *{alias.Value.Value}");
                }

                Count(Size(known), alias);
                return known?.DeepClone();
            }

            if (current is not NodeEvent node)
            {
                throw new YamlException(current.Start, current.End, "a value is expected");
            }

            JsonNode? value = node switch
            {
                Scalar => Typed(parser.Consume<Scalar>()),
                SequenceStart => Sequence(depth),
                MappingStart => Mapping(depth),
                _ => throw new YamlException(current.Start, current.End, "a value is expected"),
            };
            if (!node.Anchor.IsEmpty)
            {
                anchors[node.Anchor] = value;
            }

            return value;
        }

        private JsonArray Sequence(int depth)
        {
            parser.Consume<SequenceStart>();
            var array = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                array.Add(Value(depth + 1));
            }

            return array;
        }

        private JsonObject Mapping(int depth)
        {
            parser.Consume<MappingStart>();
            var map = new JsonObject();
            JsonObject? merged = null;
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                if (!parser.TryConsume<Scalar>(out var key))
                {
                    throw new YamlException(parser.Current!.Start, parser.Current.End, "a key must be text");
                }

                var value = Value(depth + 1);
                if (key is { Value: "<<", Style: ScalarStyle.Plain } && value is JsonObject other)
                {
                    merged = other;
                    continue;
                }

                if (!map.TryAdd(key.Value, value))
                {
                    throw new YamlException(key.Start, key.End, $"the key '{key.Value}' stands here twice");
                }
            }

            foreach (var (key, value) in merged ?? [])
            {
                map.TryAdd(key, value?.DeepClone());
            }

            return map;
        }

        private static JsonValue? Typed(Scalar scalar)
        {
            var text = scalar.Value;
            if (scalar.Style != ScalarStyle.Plain || (!scalar.Tag.IsEmpty && scalar.Tag.Value == "tag:yaml.org,2002:str"))
            {
                return JsonValue.Create(text);
            }

            switch (text)
            {
                case "" or "~" or "null" or "Null" or "NULL":
                    return null;
                case "true" or "True" or "TRUE":
                    return JsonValue.Create(true);
                case "false" or "False" or "FALSE":
                    return JsonValue.Create(false);
            }

            if (WholeNumber().IsMatch(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            {
                return JsonValue.Create(whole);
            }

            if (AnyNumber().IsMatch(text))
            {
                if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var exact))
                {
                    return JsonValue.Create(exact);
                }

                var number = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
                if (double.IsFinite(number))
                {
                    return JsonValue.Create(number);
                }
            }

            return JsonValue.Create(text);
        }

        private void Count(int more, ParsingEvent at)
        {
            values += more;
            if (values > MaxValues)
            {
                throw new YamlException(at.Start, at.End, $"more than {MaxValues} values");
            }
        }

        private static int Size(JsonNode? node) => node switch
        {
            JsonObject map => 1 + map.Sum(m => Size(m.Value)),
            JsonArray array => 1 + array.Sum(Size),
            _ => 1,
        };
    }
}
