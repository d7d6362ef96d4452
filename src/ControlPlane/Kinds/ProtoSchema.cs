using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using MeshConsole.Shared;
using Proto = MeshConsole.Protos.Kuma.Mesh.Mesh;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>Makes a schema of a protobuf descriptor; descriptions are the comments of the .proto files.</summary>
internal static class ProtoSchema
{
    private static readonly Lazy<Dictionary<string, string>> Comments = new(ReadComments);

    public static SpecSchema Of(MessageDescriptor message) => Message(message, depth: 0);

    private static SpecSchema Message(MessageDescriptor message, int depth)
    {
        if (depth > Json.MaxDepth)
        {
            return new SpecSchema();
        }

        return new SpecSchema
        {
            Type = SchemaType.Object,
            Members = [.. message.Fields.InDeclarationOrder().Select(f => new SchemaMember(f.JsonName, Field(f, depth + 1), Description: Comments.Value.GetValueOrDefault(f.FullName))
            {
                AlternativeName = f.Name == f.JsonName ? null : f.Name,
            })],
        };
    }

    private static SpecSchema Field(FieldDescriptor field, int depth)
    {
        if (field.IsMap)
        {
            return new SpecSchema { Type = SchemaType.Map, Items = Value(field.MessageType.FindFieldByNumber(2), depth) };
        }

        return field.IsRepeated
            ? new SpecSchema { Type = SchemaType.Array, Items = Value(field, depth) }
            : Value(field, depth);
    }

    private static SpecSchema Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Bool => new SpecSchema { Type = SchemaType.Boolean },
        FieldType.String => new SpecSchema { Type = SchemaType.String },
        FieldType.Bytes => new SpecSchema { Type = SchemaType.String, Format = "base64" },
        FieldType.Double or FieldType.Float => new SpecSchema { Type = SchemaType.Number },
        FieldType.UInt32 or FieldType.Fixed32 => new SpecSchema { Type = SchemaType.Integer, Minimum = 0, Maximum = uint.MaxValue },
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => new SpecSchema { Type = SchemaType.Integer, Minimum = int.MinValue, Maximum = int.MaxValue },
        FieldType.Int64 or FieldType.UInt64 or FieldType.SInt64 or FieldType.Fixed64 or FieldType.SFixed64 => new SpecSchema { Type = SchemaType.IntegerOrString, Format = "int64" },
        FieldType.Enum => new SpecSchema { Type = SchemaType.String, Values = [.. field.EnumType.Values.Select(v => v.Name)] },
        FieldType.Message => WellKnown(field.MessageType) ?? Message(field.MessageType, depth),
        _ => new SpecSchema(),
    };

    private static SpecSchema? WellKnown(MessageDescriptor message) => message.FullName switch
    {
        "google.protobuf.Duration" => new SpecSchema { Type = SchemaType.String, Format = "duration" },
        "google.protobuf.Timestamp" => new SpecSchema { Type = SchemaType.String, Format = "timestamp" },
        "google.protobuf.Struct" => new SpecSchema { Type = SchemaType.Map, Items = new SpecSchema() },
        "google.protobuf.Value" or "google.protobuf.Any" => new SpecSchema(),
        "google.protobuf.ListValue" => new SpecSchema { Type = SchemaType.Array, Items = new SpecSchema() },
        _ when message.File == WrappersReflection.Descriptor => Value(message.FindFieldByNumber(1), 0),
        _ => null,
    };

    private static Dictionary<string, string> ReadComments()
    {
        using var stream = typeof(Proto).Assembly.GetManifestResourceStream("descriptors.pb")
            ?? throw new InvalidOperationException("The descriptors are missing from MeshConsole.Protos.");
        var files = FileDescriptor.BuildFromByteStrings(FileDescriptorSet.Parser.ParseFrom(stream).File.Select(Google.Protobuf.MessageExtensions.ToByteString));
        var comments = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var message in files.SelectMany(f => f.MessageTypes))
        {
            Add(message, comments);
        }

        return comments;
    }

    private static void Add(MessageDescriptor message, Dictionary<string, string> comments)
    {
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            if (field.Declaration?.LeadingComments is { Length: > 0 } text)
            {
                comments[field.FullName] = string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
            }
        }

        foreach (var nested in message.NestedTypes)
        {
            Add(nested, comments);
        }
    }
}
