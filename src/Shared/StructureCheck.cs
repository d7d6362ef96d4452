using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace MeshConsole.Shared;

/// <summary>A member that the schema does not have.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Nearest">The known member that was probably meant, or null.</param>
public sealed record UnknownField(string Path, string? Nearest)
{
    /// <summary>The warning for the writer.</summary>
    public string Warning => Nearest is null
        ? $"unknown field '{Path}' has no effect"
        : $"unknown field '{Path}' has no effect, did you mean '{Nearest}'?";
}

/// <summary>What the structural check found.</summary>
/// <param name="Violations">What breaks the shape; empty when nothing does.</param>
/// <param name="UnknownFields">What the schema does not know; stored, but without effect.</param>
public sealed record StructureReport(ImmutableArray<Violation> Violations, ImmutableArray<UnknownField> UnknownFields)
{
    /// <summary>True when the shape is right.</summary>
    public bool Ok => Violations.IsEmpty;
}

/// <summary>
/// Compares a body with its <see cref="SpecSchema"/>: types, required members, allowed words, patterns, limits, list sizes. The
/// messages are those of Kuma's schema layer ("in body …"); it runs after defaults are filled in and before the rules of the kind.
/// </summary>
public static class StructureCheck
{
    private static readonly ConcurrentDictionary<string, Regex> Patterns = new(StringComparer.Ordinal);

    /// <summary>Checks <paramref name="body"/>, which stands at <paramref name="path"/> (<c>spec</c>, or empty for flat kinds).</summary>
    public static StructureReport Check(JsonElement body, SpecSchema schema, string path = "spec")
    {
        var walk = new Walk();
        walk.Visit(body, schema, path);
        return new StructureReport(walk.Violations.ToImmutable(), [.. walk.Unknown]);
    }

    private sealed class Walk
    {
        public ViolationList Violations { get; } = new();

        public List<UnknownField> Unknown { get; } = [];

        public void Visit(JsonElement value, SpecSchema schema, string path)
        {
            switch (schema.Type)
            {
                case SchemaType.Any:
                    break;
                case SchemaType.Object when Is(value, JsonValueKind.Object, "object", path):
                    VisitObject(value, schema, path);
                    break;
                case SchemaType.Map when Is(value, JsonValueKind.Object, "object", path):
                    foreach (var member in value.EnumerateObject())
                    {
                        if (schema.Items is not null)
                        {
                            Visit(member.Value, schema.Items, FieldPath.Key(path, member.Name));
                        }
                    }

                    break;
                case SchemaType.Array when Is(value, JsonValueKind.Array, "array", path):
                    VisitArray(value, schema, path);
                    break;
                case SchemaType.String when Is(value, JsonValueKind.String, "string", path):
                    VisitText(value.GetString()!, schema, path);
                    break;
                case SchemaType.Integer:
                    VisitInteger(value, schema, path);
                    break;
                case SchemaType.Number when Is(value, JsonValueKind.Number, "number", path):
                    Limits(value.GetDouble(), schema, path);
                    break;
                case SchemaType.Boolean when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False):
                    WrongType("boolean", value, path);
                    break;
                case SchemaType.IntegerOrString when value.ValueKind != JsonValueKind.String && !IsWhole(value, out _):
                    WrongType("integer,string", value, path);
                    break;
            }
        }

        private void VisitObject(JsonElement value, SpecSchema schema, string path)
        {
            foreach (var member in schema.Members)
            {
                var found = TryGet(value, member.Name, out var child)
                    || (member.AlternativeName is not null && TryGet(value, member.AlternativeName, out child));
                if (found)
                {
                    Visit(child, member.Schema, FieldPath.Member(path, member.Name));
                }
                else if (member.Required)
                {
                    Violations.Add(FieldPath.Member(path, member.Name), "in body is required");
                }
            }

            foreach (var member in value.EnumerateObject())
            {
                if (!schema.Members.Any(m => m.Name == member.Name || m.AlternativeName == member.Name))
                {
                    Unknown.Add(new UnknownField(FieldPath.Member(path, member.Name), Nearest(member.Name, schema)));
                }
            }
        }

        private void VisitArray(JsonElement value, SpecSchema schema, string path)
        {
            var length = value.GetArrayLength();
            Violations.AddIf(length < schema.MinItems, path, $"in body should have at least {schema.MinItems} items");
            Violations.AddIf(length > schema.MaxItems, path, $"in body should have at most {schema.MaxItems} items");
            if (schema.Items is null)
            {
                return;
            }

            var index = 0;
            foreach (var item in value.EnumerateArray())
            {
                Visit(item, schema.Items, FieldPath.Item(path, index++));
            }
        }

        private void VisitText(string text, SpecSchema schema, string path)
        {
            if (!OneOf(text, schema, path))
            {
                return;
            }

            Violations.AddIf(text.Length < schema.MinLength, path, $"in body should be at least {schema.MinLength} chars long");
            Violations.AddIf(text.Length > schema.MaxLength, path, $"in body should be at most {schema.MaxLength} chars long");
            if (schema.Pattern is not null && !Compiled(schema.Pattern).IsMatch(text))
            {
                Violations.Add(path, $"in body should match '{schema.Pattern}'");
            }

            if (schema.Format == "duration" && !GoDuration.TryParse(text, out _))
            {
                Violations.Add(path, $"in body must be a duration with a unit, for example \"1h30m\" or \"250ms\": invalid duration \"{Shorten(text)}\"");
            }
        }

        private void VisitInteger(JsonElement value, SpecSchema schema, string path)
        {
            if (value.ValueKind == JsonValueKind.String && schema.Format is "int64" or "uint64"
                && decimal.TryParse(value.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var written))
            {
                Limits((double)written, schema, path);
            }
            else if (!IsWhole(value, out var number))
            {
                WrongType("integer", value, path);
            }
            else if (OneOf(number.ToString("0", CultureInfo.InvariantCulture), schema, path))
            {
                Limits((double)number, schema, path);
            }
        }

        private bool OneOf(string text, SpecSchema schema, string path)
        {
            if (schema.Values.IsDefaultOrEmpty || schema.Values.Contains(text))
            {
                return true;
            }

            Violations.Add(path, $"in body should be one of [{string.Join(' ', schema.Values)}]");
            return false;
        }

        private void Limits(double number, SpecSchema schema, string path)
        {
            Violations.AddIf(number < schema.Minimum, path, $"in body should be greater than or equal to {Plain(schema.Minimum)}");
            Violations.AddIf(number > schema.Maximum, path, $"in body should be less than or equal to {Plain(schema.Maximum)}");
        }

        private bool Is(JsonElement value, JsonValueKind kind, string name, string path)
        {
            if (value.ValueKind == kind)
            {
                return true;
            }

            WrongType(name, value, path);
            return false;
        }

        private void WrongType(string wanted, JsonElement value, string path)
        {
            var found = value.ValueKind switch
            {
                JsonValueKind.Object => "object",
                JsonValueKind.Array => "array",
                JsonValueKind.String => "string",
                JsonValueKind.Number => IsWhole(value, out _) ? "integer" : "number",
                JsonValueKind.True or JsonValueKind.False => "boolean",
                _ => "null",
            };
            Violations.Add(path, $"in body must be of type {wanted}: \"{found}\"");
        }

        private static string Plain(double? limit) => limit?.ToString("0.###", CultureInfo.InvariantCulture) ?? "";

        private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

        /// <summary>A member that is there and not null: null counts as absent, as in Go.</summary>
        private static bool TryGet(JsonElement value, string name, out JsonElement child) =>
            value.TryGetProperty(name, out child) && child.ValueKind != JsonValueKind.Null;

        private static bool IsWhole(JsonElement value, out decimal number)
        {
            number = 0;
            return value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out number) && decimal.Truncate(number) == number;
        }

        private static Regex Compiled(string pattern) => Patterns.GetOrAdd(
            pattern,
            static p => new Regex(p.EndsWith('$') ? p[..^1] + @"\z" : p, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking));

        private static string? Nearest(string name, SpecSchema schema)
        {
            var best = schema.Members
                .Select(m => (m.Name, Distance: Distance(name.ToLowerInvariant(), m.Name.ToLowerInvariant())))
                .OrderBy(m => m.Distance)
                .FirstOrDefault();
            return best.Name is not null && best.Distance <= Math.Max(1, best.Name.Length / 3) ? best.Name : null;
        }

        private static int Distance(string a, string b)
        {
            if (Math.Abs(a.Length - b.Length) > 8)
            {
                return int.MaxValue;
            }

            var row = Enumerable.Range(0, b.Length + 1).ToArray();
            for (var i = 1; i <= a.Length; i++)
            {
                var diagonal = row[0];
                row[0] = i;
                for (var j = 1; j <= b.Length; j++)
                {
                    var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                    diagonal = row[j];
                    row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
                }
            }

            return row[b.Length];
        }
    }
}
