using CsCheck;
using MeshConsole.ControlPlane.Api;
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
