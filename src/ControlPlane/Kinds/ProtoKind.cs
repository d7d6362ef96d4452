using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using MeshConsole.Shared;

namespace MeshConsole.ControlPlane.Kinds;

/// <summary>
/// A kind whose spec is a protobuf message on the wire. In the store, in REST and in files it is JSON like every other:
/// proto3 JSON with lowerCamelCase members, zero values left out, durations as <c>10s</c>, 64-bit numbers as text.
/// </summary>
/// <typeparam name="TMessage">The message; members it does not have stay in the stored JSON, unknown fields in <see cref="Resource.Wire"/>.</typeparam>
public abstract class ProtoKind<TMessage> : ResourceKind<TMessage>
    where TMessage : class, IMessage<TMessage>, new()
{
    private static readonly MessageDescriptor Descriptor = new TMessage().Descriptor;
    private static readonly MessageParser<TMessage> Everything = new(() => new TMessage());
    private static readonly MessageParser<TMessage> KnownOnly = Everything.WithDiscardUnknownFields(true);
    private static readonly Lazy<SpecSchema> Shape = new(() => ProtoSchema.Of(Descriptor));
    private static readonly string TypeUrl = "type.googleapis.com/" + Descriptor.FullName;

    private string? example;

    /// <inheritdoc />
    public override SpecSchema Schema => Shape.Value;

    /// <inheritdoc />
    public override bool Flat => true;

    /// <inheritdoc />
    public override string? Example => ReadOnly ? null : example ??= ProtoExamples.Read(Name);

    /// <inheritdoc />
    public sealed override void Validate(ValidationContext context, ViolationList violations)
    {
        var spec = Spec(context.Draft);
        try
        {
            _ = Write(spec); // a control plane that receives it must be able to write it too
        }
        catch (FormatException e)
        {
            violations.Add("", e.Message);
            return;
        }

        Check(spec, context, violations);
    }

    /// <summary>
    /// Writes the spec as Kuma shows it (zero values left out, names in lowerCamelCase, durations in seconds), unless it has members
    /// this version does not know: then only durations change, because <c>1h30m</c> is accepted and no JSON form of protobuf has it.
    /// </summary>
    public override JsonBody ApplyDefaults(JsonBody spec, Site site)
    {
        spec = ProtoDurations.InSeconds(spec, Schema);
        try
        {
            var canonical = Write(ProtoJson.Strict.Parse<TMessage>(spec.ToString()));
            return canonical.Equals(spec) ? spec : canonical;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException)
        {
            return spec; // unknown members stay; what is wrong is reported by the structural check
        }
    }

    /// <inheritdoc />
    public override WirePayload ToWire(Resource resource) => new(TypeUrl, resource.Wire ?? ProtoJson.Bytes(Spec(resource)));

    /// <inheritdoc />
    public override WireSpec FromWire(string typeUrl, ReadOnlyMemory<byte> value)
    {
        var name = typeUrl[(typeUrl.LastIndexOf('/') + 1)..];
        if (name != Descriptor.FullName)
        {
            throw new FormatException($"spec of {Name} is a {(name.Length == 0 ? "nameless message" : name)}, expected {Descriptor.FullName}");
        }

        try
        {
            return FromMessage(Everything.ParseFrom(value.Span));
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new FormatException($"spec of {Name}: {e.Message}", e);
        }
    }

    /// <summary>The stored form of a message, with its bytes when they hold fields this version does not know.</summary>
    /// <exception cref="FormatException">The message has values that JSON cannot hold.</exception>
    public WireSpec FromMessage(TMessage message)
    {
        var bytes = ProtoJson.Bytes(message);
        var unknown = KnownOnly.ParseFrom(bytes).CalculateSize() != bytes.Length;
        return new WireSpec(Write(message), unknown ? bytes : null);
    }

    /// <summary>The JSON form of a message.</summary>
    /// <exception cref="FormatException">The message has values that JSON cannot hold.</exception>
    public JsonBody Write(TMessage message)
    {
        try
        {
            return ProtoJson.Write(message);
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException or ArgumentException)
        {
            throw new FormatException($"spec of {Name} cannot be written as JSON: {e.Message}", e);
        }
    }

    /// <summary>The rules of this kind beyond its shape; field paths begin with the first member.</summary>
    protected virtual void Check(TMessage spec, ValidationContext context, ViolationList at)
    {
    }

    /// <inheritdoc />
    protected override TMessage Read(JsonBody spec)
    {
        try
        {
            return ProtoJson.Lenient.Parse<TMessage>(spec.ToString());
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException)
        {
            throw new JsonException($"spec of {Name}: {e.Message}", e);
        }
    }
}

/// <summary>Protobuf messages as JSON and as bytes, one way for all kinds.</summary>
internal static class ProtoJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default);

    public static JsonParser Strict { get; } = new(new JsonParser.Settings(Json.MaxDepth));

    public static JsonParser Lenient { get; } = new(new JsonParser.Settings(Json.MaxDepth).WithIgnoreUnknownFields(true));

    public static JsonBody Write(IMessage message)
    {
        var element = JsonElement.Parse(Formatter.Format(message), new JsonDocumentOptions { MaxDepth = Json.MaxDepth });
        return JsonBody.FromElement(element);
    }

    /// <summary>The same bytes for the same content: map entries are sorted by key.</summary>
    public static byte[] Bytes(IMessage message)
    {
        var bytes = new byte[message.CalculateSize()];
        using var output = new CodedOutputStream(bytes) { Deterministic = true };
        message.WriteTo(output);
        output.CheckNoSpaceLeft();
        return bytes;
    }
}

/// <summary>The examples that stand beside the kinds as <c>Name.example.yaml</c>.</summary>
internal static class ProtoExamples
{
    public static string Read(string kind)
    {
        using var stream = typeof(ProtoExamples).Assembly.GetManifestResourceStream($"{kind}.example.yaml")
            ?? throw new InvalidOperationException($"The example of {kind} is missing beside its kind.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
