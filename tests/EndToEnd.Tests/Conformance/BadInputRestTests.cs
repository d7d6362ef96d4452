using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>Bad input over REST: each is a clear answer in Kuma's body, one line in the log, and costs bounded memory.</summary>
public sealed class BadInputRestTests(BadInputRestTests.Fixture fixture) : IClassFixture<BadInputRestTests.Fixture>
{
    private const string Path = "/meshes/default/meshtimeouts/t";
    private const string Retry = "/meshes/default/meshretries/r";
    private static readonly CancellationToken Cancelled = CancellationToken.None;

    /// <summary>Name, path, body, status, title, field (empty: none is named).</summary>
    public static TheoryData<string, string, string, int, string, string> Bodies => new()
    {
        { "deep objects", Path, Repeat("{\"a\":", 100_000) + "1" + Repeat("}", 100_000), 400, "Bad Request", "" },
        { "deep lists", Path, Repeat("[", 400_000), 400, "Bad Request", "" },
        { "deep inside a free field", Path, Timeout("{\"connectionTimeout\":" + Repeat("[", 5000) + Repeat("]", 5000) + "}"), 400, "Bad Request", "" },
        { "key twice at the top", Path, """{"type":"MeshTimeout","mesh":"default","name":"t","name":"u","spec":{}}""", 400, "Bad Request", "" },
        { "key twice inside", Path, Timeout("""{"connectionTimeout":"1s","connectionTimeout":"2s"}"""), 400, "Bad Request", "" },
        { "key twice by an escape", Path, Timeout("""{"connectionTimeout":"1s","\u0063onnectionTimeout":"2s"}"""), 400, "Bad Request", "" },
        { "long text in a duration", Path, Timeout($$"""{"connectionTimeout":"{{Repeat("9", 1_000_000)}}s"}"""), 400, "Could not process a resource", "spec.to[0].default.connectionTimeout" },
        { "long label", Path, Timeout("""{"connectionTimeout":"1s"}""", $$"""{"a":"{{Repeat("x", 1_000_000)}}"}"""), 400, "Could not process a resource", "labels[\"a\"]" },
        { "long name", Path, $$$"""{"type":"MeshTimeout","mesh":"default","name":"{{{Repeat("x", 1_000_000)}}}","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"1s"}}]}}""", 400, "Could not process a resource", "name" },
        { "more than a mebibyte", Path, Timeout("{}") + Repeat(" ", 1_050_000), 413, "Request too large", "" },
        { "half a surrogate", Path, Timeout("""{"connectionTimeout":"\ud800"}"""), 400, "Bad Request", "" },
        { "control character in a text", Path, Timeout("{\"connectionTimeout\":\"1\u0001s\"}"), 400, "Bad Request", "" },
        { "control character, escaped, in a label", Path, Timeout("""{"connectionTimeout":"1s"}""", """{"a":"x\u0000y"}"""), 400, "Could not process a resource", "labels[\"a\"]" },
        { "control character, escaped, in a duration", Path, Timeout("""{"connectionTimeout":"1\u0000s"}"""), 400, "Could not process a resource", "spec.to[0].default.connectionTimeout" },
        { "duration without unit", Path, Timeout("""{"connectionTimeout":"10"}"""), 400, "Could not process a resource", "spec.to[0].default.connectionTimeout" },
        { "duration as a number", Path, Timeout("""{"connectionTimeout":10}"""), 400, "Could not process a resource", "spec.to[0].default.connectionTimeout" },
        { "duration with half a unit", Path, Timeout("""{"connectionTimeout":"1h1"}"""), 400, "Could not process a resource", "spec.to[0].default.connectionTimeout" },
        { "duration out of range", Path, Timeout("""{"connectionTimeout":"99999999999h"}"""), 400, "Could not process a resource", "spec.to[0].default.connectionTimeout" },
        { "duration below zero", Path, Timeout("""{"connectionTimeout":"-5s"}"""), 400, "Could not process a resource", "spec.to[0].default.connectionTimeout" },
        { "NaN", Retry, Retries("NaN"), 400, "Bad Request", "" },
        { "Infinity", Retry, Retries("-Infinity"), 400, "Bad Request", "" },
        { "NaN as text", Retry, Retries("\"NaN\""), 400, "Could not process a resource", "spec.to[0].default.http.numRetries" },
        { "number beyond every range", Retry, Retries("1e400"), 400, "Could not process a resource", "spec.to[0].default.http.numRetries" },
        { "number beyond 64 bits", Retry, Retries("18446744073709551616"), 400, "Could not process a resource", "spec.to[0].default.http.numRetries" },
        { "number beyond 32 bits", Retry, Retries("4294967296"), 400, "Could not process a resource", "spec.to[0].default.http.numRetries" },
        { "number below zero", Retry, Retries("-1"), 400, "Could not process a resource", "spec.to[0].default.http.numRetries" },
        { "number with a fraction", Retry, Retries("1.5"), 400, "Could not process a resource", "spec.to[0].default.http.numRetries" },
        { "hexadecimal number", Retry, Retries("0x10"), 400, "Bad Request", "" },
        { "unknown kind in the body", Path, """{"type":"MeshNothing","mesh":"default","name":"t","spec":{}}""", 400, "Could not process a resource", "" },
        { "other mesh in the body", Path, Timeout("""{"connectionTimeout":"1s"}""").Replace("\"mesh\":\"default\"", "\"mesh\":\"other\"", StringComparison.Ordinal), 400, "Could not process a resource", "mesh" },
        { "other name in the body", Path, Timeout("""{"connectionTimeout":"1s"}""").Replace("\"name\":\"t\"", "\"name\":\"u\"", StringComparison.Ordinal), 400, "Could not process a resource", "name" },
        { "mesh that is not there", "/meshes/none/meshtimeouts/t", "{}", 404, "Failed to retrieve Mesh", "" },
        { "no object", Path, "[]", 400, "Bad Request", "" },
        { "nothing", Path, "", 400, "Bad Request", "" },
        { "two values", Path, "{} {}", 400, "Bad Request", "" },
        { "comment", Path, "/* a */ {}", 400, "Bad Request", "" },
        { "comma too much", Path, """{"type":"MeshTimeout",}""", 400, "Bad Request", "" },
        { "name of dots", "/meshes/default/meshtimeouts/a..b", Timeout("""{"connectionTimeout":"1s"}""").Replace("\"name\":\"t\"", "\"name\":\"a..b\"", StringComparison.Ordinal), 400, "Could not process a resource", "name" },
        { "slash in the name", "/meshes/default/meshtimeouts/..%2f..%2fsecrets", Timeout("""{"connectionTimeout":"1s"}""").Replace("\"name\":\"t\"", "\"name\":\"../../secrets\"", StringComparison.Ordinal), 400, "Could not process a resource", "name" },
        { "line break in the name", "/meshes/default/meshtimeouts/a%0ab", Timeout("""{"connectionTimeout":"1s"}""").Replace("\"name\":\"t\"", "\"name\":\"a\\nb\"", StringComparison.Ordinal), 400, "Could not process a resource", "name" },
        { "token: no JSON", "POST /tokens/user", "{", 400, "Bad Request", "" },
        { "token: deep", "POST /tokens/zone", Repeat("[", 4000), 400, "Bad Request", "" },
        { "token: endless life", "POST /tokens/user", """{"name":"x","validFor":"99999999999h"}""", 400, "", "validFor" },
        { "token: more than it can be", "POST /tokens/dataplane", Repeat(" ", 1_050_000), 413, "Request body too large", "" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task Body_ThatIsBad_IsRefusedClearly_LoggedOnce_AndCheap(string name, string path, string body, int status, string title, string field)
    {
        _ = name;
        var (method, address) = path.StartsWith("POST ", StringComparison.Ordinal) ? (HttpMethod.Post, path[5..]) : (HttpMethod.Put, path);
        using var message = new HttpRequestMessage(method, new Uri(fixture.Global.Client.BaseAddress!, address));
        message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        await AssertRefusedAsync(message, status, title, field);
    }

    [Theory]
    [InlineData("iso-8859-1", "application/json")]
    [InlineData("utf-16", "application/json; charset=utf-16")]
    [InlineData("utf-32", "application/json")]
    public async Task Body_InAnotherEncoding_IsABadRequest(string encoding, string contentType)
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, Path);
        message.Content = new ByteArrayContent(Encoding.GetEncoding(encoding).GetBytes(Timeout("""{"connectionTimeout":"1é"}""")));
        message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        await AssertRefusedAsync(message, 400, "Bad Request", "");
    }

    [Fact]
    public async Task Body_Compressed_IsNotUnpacked()
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, Path);
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(new byte[100_000_000]);
        }

        message.Content = new ByteArrayContent(packed.ToArray());
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Content.Headers.ContentEncoding.Add("gzip");
        await AssertRefusedAsync(message, 400, "Bad Request", "");
    }

    [Fact]
    public async Task Body_OfUnknownLength_IsCutAtTheLimit()
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, Path) { Content = new LongContent() };
        await AssertRefusedAsync(message, 413, "Request too large", "");
    }

    [Theory]
    [InlineData("")]
    [InlineData("text/plain")]
    [InlineData("application/yaml")]
    [InlineData("application/xml")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Body_OfAnotherMediaType_IsUnsupported(string contentType)
    {
        using var message = new HttpRequestMessage(HttpMethod.Put, Path) { Content = new ByteArrayContent("{}"u8.ToArray()) };
        message.Content.Headers.ContentType = contentType.Length == 0 ? null : MediaTypeHeaderValue.Parse(contentType);
        fixture.Log.Lines.Clear();
        using var answer = await fixture.Global.Client.SendAsync(message, Cancelled);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Single(fixture.Log.Lines);
    }

    [Theory]
    [InlineData("PUT", "/meshes/default/meshnothings/t")]
    [InlineData("PUT", "/nothings/t")]
    [InlineData("DELETE", "/meshes/default/meshnothings/t")]
    public async Task Kind_ThatIsUnknown_IsNotFound(string method, string path)
    {
        using var message = new HttpRequestMessage(new HttpMethod(method), path);
        message.Content = new StringContent("{}", new MediaTypeHeaderValue("application/json"));
        fixture.Log.Lines.Clear();
        using var answer = await fixture.Global.Client.SendAsync(message, Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Single(fixture.Log.Lines);
    }

    /// <summary>As bytes: a client would resolve these addresses itself.</summary>
    [Theory]
    [InlineData("DELETE", "/meshes/default/meshtimeouts/..", 400)]
    [InlineData("DELETE", "/meshes/default/meshtimeouts/%2e%2e", 400)]
    [InlineData("DELETE", "/meshes/default/meshtimeouts/.%2E", 400)]
    [InlineData("DELETE", "/meshes/other/../default", 400)]
    [InlineData("DELETE", "/meshes/./default", 400)]
    [InlineData("GET", "/meshes/default/meshtimeouts/../secrets", 400)]
    [InlineData("GET", "/meshes/default/meshtimeouts/..%2fsecrets%2fx", 404)]
    [InlineData("GET", "/meshes/default/meshtimeouts/%ff%fe", 404)]
    [InlineData("GET", "/../../etc/passwd", 400)]
    [InlineData("PUT", "/meshes/default/meshtimeouts/a%00b", 400)]
    [InlineData("GET", "/meshes/default/meshtimeouts/...", 404)]
    public async Task Address_ThatLeadsElsewhere_IsRefused(string method, string target, int status)
    {
        var address = fixture.Global.Client.BaseAddress!;
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(address.Host, address.Port, Cancelled);
        await using var stream = tcp.GetStream();
        var token = fixture.Global.Client.DefaultRequestHeaders.Authorization;
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {address.Authority}\r\nAuthorization: {token}\r\nConnection: close\r\n\r\n"), Cancelled);
        using var reader = new StreamReader(stream);
        Assert.StartsWith($"HTTP/1.1 {status} ", await reader.ReadToEndAsync(Cancelled), StringComparison.Ordinal);
        Assert.NotNull(fixture.Global.Store.World.Value.Find("Mesh", "default"));
    }

    [Theory]
    [InlineData("?size=1e3")]
    [InlineData("?size=%00")]
    [InlineData("?size=99999999999999999999")]
    [InlineData("?offset=1;DROP")]
    [InlineData("?filter%5Blabels.a%5D%5Beq%5D=x")]
    [InlineData("?filter[]=x")]
    public async Task Query_ThatIsBad_IsRefused(string query)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/meshes" + query);
        using var answer = await fixture.Global.Client.SendAsync(message, Cancelled);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotEmpty((string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancelled))!["title"]!);
    }

    [Fact]
    public async Task Refusal_OfAnEvilPath_StaysOneLineInTheLog()
    {
        fixture.Log.Lines.Clear();
        using var message = new HttpRequestMessage(HttpMethod.Delete, new Uri(fixture.Global.Client.BaseAddress!, "/meshes/a%0a2026-01-01%20fake%1b%5b31m"));
        using var answer = await fixture.Global.Client.SendAsync(message, Cancelled);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.DoesNotContain(Assert.Single(fixture.Log.Lines), char.IsControl);
    }

    [Fact]
    public async Task ManyLargeBodiesAtOnce_AreAllAnswered()
    {
        var body = Encoding.UTF8.GetBytes(Timeout($$"""{"connectionTimeout":"{{Repeat("9", 1_000_000)}}s"}"""));
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            using var content = new ByteArrayContent(body);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var answer = await fixture.Global.Client.PutAsync(Path, content, Cancelled);
            return answer.StatusCode;
        }));
        Assert.All(answers, status => Assert.Equal(HttpStatusCode.BadRequest, status));
    }

    private async Task AssertRefusedAsync(HttpRequestMessage message, int status, string title, string field)
    {
        fixture.Log.Lines.Clear();
        var before = GC.GetTotalAllocatedBytes();
        using var answer = await fixture.Global.Client.SendAsync(message, Cancelled);
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        var allocated = GC.GetTotalAllocatedBytes() - before;

        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} {text[..Math.Min(500, text.Length)]}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var error = JsonNode.Parse(text)!;
        Assert.Equal("/std-errors", (string)error["type"]!);
        Assert.NotEmpty((string)error["detail"]!);
        if (title.Length > 0)
        {
            Assert.Equal(title, (string)error["title"]!);
        }

        if (field.Length > 0)
        {
            Assert.Contains(field, error["invalid_parameters"]!.AsArray().Select(p => (string)p!["field"]!));
        }

        Assert.True(text.Length < 20_000, $"an answer of {text.Length} characters");
        Assert.True(allocated < 64 * 1024 * 1024, $"{allocated} bytes were allocated");
        var line = Assert.Single(fixture.Log.Lines);
        Assert.True(line.Length < 3000, $"a line of {line.Length} characters");
    }

    private static string Repeat(string text, int times) => new StringBuilder(text.Length * times).Insert(0, text, times).ToString();

    private static string Timeout(string conf, string labels = "{}") =>
        $$$"""{"type":"MeshTimeout","mesh":"default","name":"t","labels":{{{labels}}},"spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{{{conf}}}}]}}""";

    private static string Retries(string number) =>
        """{"type":"MeshRetry","mesh":"default","name":"r","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"http":{"numRetries":NUMBER}}}]}}""".Replace("NUMBER", number, StringComparison.Ordinal);

    /// <summary>A global whose log is read.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private ControlPlaneUnderTest? global;

        internal ControlPlaneUnderTest Global => global!;

        internal LogLines Log { get; } = new();

        /// <inheritdoc />
        public async ValueTask InitializeAsync() => global = await ControlPlaneUnderTest.StartGlobalAsync(services: s => s.AddSingleton<ILoggerProvider>(Log), settings: [("Logging:LogLevel:Default", "Information"), ("Logging:LogLevel:Microsoft", "Warning")]);

        /// <inheritdoc />
        public ValueTask DisposeAsync() => global?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    /// <summary>Keeps what is logged of requests.</summary>
    internal sealed class LogLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("MeshConsole", StringComparison.Ordinal) || categoryName.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
            ? this
            : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }

    private sealed class LongContent : HttpContent
    {
        public LongContent() => Headers.ContentType = new MediaTypeHeaderValue("application/json");

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var chunk = new byte[65536];
            Array.Fill(chunk, (byte)' ');
            for (var i = 0; i < 40; i++)
            {
                await stream.WriteAsync(chunk);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
