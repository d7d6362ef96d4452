using CsCheck;
using MeshConsole.ControlPlane.Api;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Shared;
using MeshConsole.Testing;
using Microsoft.AspNetCore.Http;

namespace MeshConsole.ControlPlane.Tests.Api;

public sealed class ListQueryTests
{
    [Theory]
    [InlineData("?size=0", "size")]
    [InlineData("?size=1001", "size")]
    [InlineData("?size=99999999999", "size")]
    [InlineData("?size=%2B5", null)]
    [InlineData("?filter[name]=x", "/meshes.filter[name]")]
    [InlineData("?filter[labels.a][eq]=x", "/meshes.filter[labels.a][eq]")]
    [InlineData("?filter[labels.a=x", "/meshes.filter[labels.a")]
    [InlineData("?gateway=maybe", "/meshes.gateway")]
    public void Query_ThatIsWrong_IsRefusedAtItsParameter(string query, string? field)
    {
        var read = ListQuery.Read(Request(query), "/meshes", hasTags: true);
        Assert.Equal(field, read.Ok ? null : Assert.Single(read.Refusal.Violations).Field);
    }

    [Fact]
    public void Query_OfAnyText_IsReadOrRefused()
    {
        string[] words = ["size", "offset", "name", "tag", "gateway", "filter[labels.a]", "filter[", "filter[]", "filter[labels.]", "=", "&", "1", "-1", "a:b", ":", "[", "]", "%00", "%ff"];
        Gen.Int[0, (2 * words.Length) - 1].Select(Gen.Char, (i, c) => i < words.Length ? words[i] : c.ToString()).Array[0, 12].Sample(
            parts =>
            {
                var text = "?" + string.Concat(parts);
                var read = ListQuery.Read(Request(text), "/meshes", hasTags: true);
                if (read.Ok)
                {
                    var (page, total) = read.Value.Apply([]);
                    Assert.Empty(page);
                    Assert.Equal(0, total);
                    _ = read.Value.Next(Request(text), 1000);
                }
            },
            threads: 1);
    }

    [Theory]
    [InlineData("?offset=2147483647", null)]
    [InlineData("?offset=2147483600&size=1000", null)]
    [InlineData("?offset=900", null)]
    [InlineData("?offset=899", "http://localhost:5681/meshes?offset=999")]
    public void Next_AtAnyOffset_IsTheNextPageOrNone(string query, string? next) =>
        Assert.Equal(next, ListQuery.Read(Request(query), "/meshes", hasTags: false).Value.Next(Request(query), 1000));

    [Fact]
    public void Page_WithoutFilters_IsThatOfAWalk()
    {
        var kind = SampleKind.Note;
        Gen.Select(Gen.Int[0, 12].Array[0, 5], Gen.Int[0, 40], Gen.Int[1, 12]).Sample((meshes, offset, size) =>
        {
            var table = KindTable.Of(meshes.SelectMany((count, mesh) => Enumerable.Range(0, count).Select(i => new Resource { Kind = kind, Mesh = $"m{mesh}", Name = $"n{i:00}", Spec = JsonBody.Empty })));
            var query = ListQuery.Read(Request($"?offset={offset}&size={size}"), "/meshes", hasTags: false).Value;
            foreach (var mesh in (string?[])[null, "m0", "m3", "none"])
            {
                var walked = query.Apply(mesh is null ? table.All : table.In(mesh).Values);
                var (page, total) = query.Apply(table, mesh);
                Assert.Equal(walked.Total, total);
                Assert.Equal(walked.Page, page);
            }
        });
    }

    private static HttpRequest Request(string query)
    {
        var request = new DefaultHttpContext().Request;
        request.Scheme = "http";
        request.Host = new HostString("localhost", 5681);
        request.Path = "/meshes";
        request.QueryString = new QueryString(query);
        return request;
    }
}
