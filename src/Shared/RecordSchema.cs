using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace MeshConsole.Shared;

/// <summary>
/// Builds a <see cref="SpecSchema"/> from spec records. What the attributes of .NET say is taken over: <c>[Description]</c>,
/// <c>[Required]</c>, <c>[DefaultValue]</c>, <c>[AllowedValues]</c>, <c>[RegularExpression]</c>, <c>[Range]</c>, <c>[MinLength]</c>,
/// <c>[MaxLength]</c> and <c>[DataType]</c> (the format). On a list, <c>[MinLength]</c> and <c>[MaxLength]</c> count the items and all other
/// attributes speak of each item.
/// </summary>
public static class RecordSchema
{
    private static readonly ConcurrentDictionary<Type, SpecSchema> Known = new();

    /// <summary>The shape of <typeparamref name="TSpec"/>, built once.</summary>
    /// <exception cref="NotSupportedException">A member has a type that has no JSON form here.</exception>
    public static SpecSchema For<TSpec>() => For(typeof(TSpec));

    /// <summary>The shape of <paramref name="type"/>, built once.</summary>
    /// <exception cref="NotSupportedException">A member has a type that has no JSON form here.</exception>
    public static SpecSchema For(Type type) => Known.GetOrAdd(type, static t => ForType(t, null));

    private static SpecSchema ForType(Type type, PropertyInfo? member)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
        {
            return new SpecSchema
            {
                Type = SchemaType.String,
                Values = AllowedValues(member),
                Pattern = member?.GetCustomAttribute<RegularExpressionAttribute>()?.Pattern,
                MinLength = member?.GetCustomAttribute<MinLengthAttribute>()?.Length,
                MaxLength = member?.GetCustomAttribute<MaxLengthAttribute>()?.Length,
                Format = Format(member),
            };
        }

        if (type == typeof(GoDuration))
        {
            return new SpecSchema { Type = SchemaType.String, Format = "duration" };
        }

        if (type == typeof(IntOrString))
        {
            return new SpecSchema { Type = SchemaType.IntegerOrString, Format = Format(member) };
        }

        if (type == typeof(bool))
        {
            return new SpecSchema { Type = SchemaType.Boolean };
        }

        if (type == typeof(JsonElement))
        {
            return new SpecSchema();
        }

        if (type == typeof(int) || type == typeof(uint) || type == typeof(long))
        {
            var range = member?.GetCustomAttribute<RangeAttribute>();
            return new SpecSchema
            {
                Type = SchemaType.Integer,
                Values = AllowedValues(member),
                Minimum = range is null ? Lowest(type) : Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture),
                Maximum = range is null ? Highest(type) : Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture),
                Format = Format(member),
            };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
        {
            return new SpecSchema { Type = SchemaType.Map, Items = ForType(type.GetGenericArguments()[1], null) };
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            return new SpecSchema
            {
                Type = SchemaType.Array,
                Items = ForType(type.GetGenericArguments()[0], member) with { MinLength = null, MaxLength = null },
                MinItems = member?.GetCustomAttribute<MinLengthAttribute>()?.Length,
                MaxItems = member?.GetCustomAttribute<MaxLengthAttribute>()?.Length,
            };
        }

        return type is { IsClass: true } && type != typeof(object)
            ? new SpecSchema { Type = SchemaType.Object, Members = [.. Properties(type).Select(Member)] }
            : throw new NotSupportedException($"{member?.DeclaringType?.Name}.{member?.Name}: a schema cannot be built from {type}.");
    }

    private static SchemaMember Member(PropertyInfo property)
    {
        var name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);
        var preset = property.GetCustomAttribute<DefaultValueAttribute>()?.Value;
        return new SchemaMember(
            name,
            ForType(property.PropertyType, property),
            property.GetCustomAttribute<RequiredAttribute>() is not null,
            property.GetCustomAttribute<DescriptionAttribute>()?.Description)
        {
            Default = preset is null ? null : JsonSerializer.Serialize(preset, Json.Compact),
        };
    }

    /// <summary>The serialized properties, those of a base record first.</summary>
    private static IEnumerable<PropertyInfo> Properties(Type type)
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        var inherited = type.BaseType is { } parent && parent != typeof(object) ? Properties(parent) : [];
        return inherited.Concat(type.GetProperties(Own).Where(p => p.SetMethod is not null && p.GetCustomAttribute<JsonIgnoreAttribute>() is null));
    }

    private static ImmutableArray<string> AllowedValues(PropertyInfo? member) =>
        member?.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed
            ? [.. allowed.Values.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture)!)]
            : [];

    private static string? Format(PropertyInfo? member) => member?.GetCustomAttribute<DataTypeAttribute>()?.CustomDataType;

    private static double? Lowest(Type type) => type == typeof(uint) ? 0 : type == typeof(int) ? int.MinValue : null;

    private static double? Highest(Type type) => type == typeof(uint) ? uint.MaxValue : type == typeof(int) ? int.MaxValue : null;
}
