using System.Text;
using CsCheck;
using MeshConsole.Cli.Client;

namespace MeshConsole.Cli.Tests.Client;

/// <summary>Streams of events as the wire brings them: cut anywhere, with anything in between.</summary>
public sealed class ServerEventsTests
{
    [Fact]
    public async Task Events_CutAnywhere_AreReadWhole()
    {
        const string Text = ": hello\n\nid: 7\nevent: added\ndata: {\"a\":\ndata: 1}\n\ndata\n\nretry: 5\nevent:x\ndata:y\r\n\r\nid: 9\n\ndata: not ended";
        var expected = new[] { new ServerEvent("added", "{\"a\":\n1}", "7"), new ServerEvent("x", "y", null) };
        for (var size = 1; size < 20; size++)
        {
            Assert.Equal(expected, (await ReadAsync(Encoding.UTF8.GetBytes(Text), size)).Where(e => e.Data.Length > 0));
        }
    }

    [Fact]
    public async Task AnyBytes_AreRead_NeverThrown()
    {
        string[] words = ["data: ", "event: ", "id: ", ":", "\n", "\r", "\r\n", "\n\n", "{}", "ready", "\u0000", "\ufffd", "ü", "x"];
        var cases = new List<string>();
        Gen.Int[0, words.Length - 1].Select(i => words[i]).Array[0, 40].Sample(parts => { lock (cases) { cases.Add(string.Concat(parts)); } }, iter: 500, threads: 1);
        foreach (var text in cases)
        {
            Assert.All(await ReadAsync(Encoding.UTF8.GetBytes(text), 3), e => Assert.NotNull(e.Name));
        }
    }

    private static async Task<List<ServerEvent>> ReadAsync(byte[] bytes, int chunk)
    {
        using var response = new HttpResponseMessage { Content = new StreamContent(new SlowStream(bytes, chunk)) };
        using var events = new ServerEvents(response, TimeProvider.System);
        return await events.ReadAsync(TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class SlowStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}
