using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace MeshConsole.EndToEnd.Tests.Conformance;

/// <summary>
/// What a client of Kuma's REST API may rely on at a global: status codes, envelopes, errors, paging, filters. Written from facts,
/// not from our code, and runnable against any control plane: see <see cref="RestTarget"/>.
/// </summary>
public sealed class RestConformanceTests(RestTarget target) : IClassFixture<RestTarget>
{
    private static readonly CancellationToken Cancelled = CancellationToken.None;

    private string Timeouts => $"/meshes/{target.Mesh}/meshtimeouts";

    [Fact]
    public async Task Index_NamesProductAndVersion()
    {
        var index = await GetAsync("/");
        Assert.Equal("Kuma", (string?)index["product"]);
        Assert.Matches(@"^\d+\.\d+\.\d+", (string?)index["version"]);
        Assert.All((string[])["hostname", "instanceId", "clusterId", "gui"], member => Assert.True(index.AsObject().ContainsKey(member)));
    }

    [Fact]
    public async Task WhoAmI_NamesTheCallerAndItsGroups()
    {
        var me = await GetAsync("/who-am-i");
        Assert.NotEmpty((string)me["name"]!);
        Assert.Contains("mesh-system:admin", me["groups"]!.AsArray().Select(g => (string)g!));
    }

    [Fact]
    public async Task Resources_ListKindsSortedByName()
    {
        var names = (await GetAsync("/_resources"))["resources"]!.AsArray().Select(r => (string)r!["name"]!).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
        Assert.Superset(new HashSet<string> { "Mesh", "Dataplane", "MeshHTTPRoute", "MeshTimeout", "Secret", "Zone" }, names.ToHashSet());
    }

    [Fact]
    public async Task Policies_SayWhatEachCanDo()
    {
        var timeout = (await GetAsync("/policies"))["policies"]!.AsArray().Single(p => (string)p!["name"]! == "MeshTimeout")!;
        Assert.Equal("meshtimeouts", (string)timeout["path"]!);
        Assert.True((bool)timeout["isTargetRefBased"]!);
        Assert.True((bool)timeout["isInbound"]!);
        Assert.True((bool)timeout["isOutbound"]!);
        Assert.False((bool)timeout["readOnly"]!);
    }

    [Fact]
    public async Task Resource_IsCreatedReadUpdatedAndDeleted()
    {
        var path = $"{Timeouts}/life";
        Assert.Equal((HttpStatusCode.Created, "{}"), await TryPutAsync(path, Timeout("life", "1s")));
        var created = await GetAsync(path);
        Assert.Equal(["type", "mesh", "name", "creationTime", "modificationTime", "labels", "kri", "spec"], created.AsObject().Select(m => m.Key));
        Assert.Equal(target.Mesh, (string)created["labels"]!["kuma.io/mesh"]!);
        Assert.Equal($"kri_mt_{target.Mesh}___life_", (string)created["kri"]!);
        Assert.EndsWith("Z", (string)created["creationTime"]!);

        Assert.Equal((HttpStatusCode.OK, "{}"), await TryPutAsync(path, Timeout("life", "2s")));
        var updated = await GetAsync(path);
        Assert.Equal((string)created["creationTime"]!, (string)updated["creationTime"]!);
        Assert.Equal("2s", (string)updated["spec"]!["to"]![0]!["default"]!["connectionTimeout"]!);

        Assert.Equal((HttpStatusCode.OK, "{}"), await TryAsync(HttpMethod.Delete, path));
        AssertError(await SendAsync(HttpMethod.Delete, path), 404, "Could not delete a resource", "Not found");
        AssertError(await SendAsync(HttpMethod.Get, path), 404, "Could not retrieve a resource", "Not found");
    }

    [Fact]
    public async Task List_IsPagedByOffset()
    {
        var mesh = await target.NewMeshAsync("""["*"]""");
        var list = $"/meshes/{mesh}/meshtimeouts";
        foreach (var name in (string[])["page-c", "page-a", "page-e", "page-b", "page-d"])
        {
            await PutAsync($"{list}/{name}", Timeout(name, "1s", mesh));
        }

        var names = new List<string>();
        for (var next = $"{list}?size=2"; next is not null;)
        {
            var page = await GetAsync(next);
            Assert.Equal(["total", "items", "next"], page.AsObject().Select(m => m.Key));
            Assert.Equal(5, (int)page["total"]!);
            names.AddRange(page["items"]!.AsArray().Select(i => (string)i!["name"]!));
            next = (string?)page["next"];
            Assert.True(next is null || (Uri.TryCreate(next, UriKind.Absolute, out var uri) && uri.Query.Contains("size=2") && uri.Query.Contains("offset=")), next);
        }

        Assert.Equal(["page-a", "page-b", "page-c", "page-d", "page-e"], names);
        var beyond = await GetAsync($"{list}?offset=100&size=2");
        Assert.Equal(5, (int)beyond["total"]!);
        Assert.Empty(beyond["items"]!.AsArray());
        Assert.Null(beyond["next"]);
        Assert.Equal(5, (int)(await GetAsync($"{list}?size=50&offset=0"))["total"]!);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("abc")]
    [InlineData("1001")]
    public async Task List_WithABadSize_IsRefusedAtSize(string size)
    {
        var error = AssertError(await SendAsync(HttpMethod.Get, $"/meshes?size={size}"), 400, "Could not retrieve resources", "Invalid page size");
        Assert.Equal("size", (string)error["invalid_parameters"]![0]!["field"]!);
    }

    [Fact]
    public async Task List_WithABadOffset_IsRefused()
    {
        var error = AssertError(await SendAsync(HttpMethod.Get, "/meshes?offset=xyz"), 400, "Could not retrieve resources");
        Assert.Contains("invalid offset", (string)error["detail"]!);
        Assert.False(error.AsObject().ContainsKey("invalid_parameters"));
    }

    [Fact]
    public async Task List_IsFilteredByNameAndLabels()
    {
        var mesh = await target.NewMeshAsync("""["*"]""");
        var list = $"/meshes/{mesh}/meshtimeouts";
        await PutAsync($"{list}/web-one", Timeout("web-one", "1s", mesh, """{"team":"web","env":"test"}"""));
        await PutAsync($"{list}/web-two", Timeout("web-two", "1s", mesh, """{"team":"web","env":"live"}"""));
        await PutAsync($"{list}/data-one", Timeout("data-one", "1s", mesh, """{"team":"data"}"""));

        Assert.Equal(["web-one", "web-two"], await NamesAsync($"{list}?name=web"));
        Assert.Equal(["data-one", "web-one"], await NamesAsync($"{list}?name=one"));
        Assert.Equal(["web-one", "web-two"], await NamesAsync($"{list}?filter[labels.team]=web"));
        Assert.Equal(["web-two"], await NamesAsync($"{list}?filter[labels.team]=web&filter[labels.env]=live"));
        Assert.Empty(await NamesAsync($"{list}?filter[labels.team]=we"));
        AssertError(await SendAsync(HttpMethod.Get, $"{list}?filter[team]=web"), 400, "Could not retrieve resources");
        AssertError(await SendAsync(HttpMethod.Get, $"{list}?filter[labels.team][eq]=web"), 400, "Could not retrieve resources");
    }

    [Fact]
    public async Task Dataplanes_WithABadGatewayFilter_AreRefusedAtGateway()
    {
        var error = AssertError(await SendAsync(HttpMethod.Get, "/dataplanes?gateway=bogus"), 400, "Could not retrieve resources");
        Assert.EndsWith("gateway", (string)error["invalid_parameters"]![0]!["field"]!);
    }

    [Fact]
    public async Task Mesh_ThatIsMissing_IsNamedAsTheReason()
    {
        AssertError(await SendAsync(HttpMethod.Get, "/meshes/no-such-mesh/meshtimeouts"), 404, "Failed to retrieve Mesh", "Not found");
        AssertError(await SendAsync(HttpMethod.Put, "/meshes/no-such-mesh/meshtimeouts/t", Timeout("t", "1s", "no-such-mesh")), 404, "Failed to retrieve Mesh", "Not found");
        AssertError(await SendAsync(HttpMethod.Delete, "/meshes/no-such-mesh/meshtimeouts/t"), 404, "Failed to retrieve Mesh", "Not found");
        AssertError(await SendAsync(HttpMethod.Get, "/meshes/no-such-mesh"), 404, "Could not retrieve a resource", "Not found");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{\"type\":")]
    public async Task Body_ThatIsNoObject_IsABadRequest(string body) =>
        AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/t", body), 400, "Bad Request");

    [Theory]
    [InlineData("application/yaml")]
    [InlineData("text/plain")]
    public async Task Body_OfAnotherType_IsUnsupported(string type)
    {
        using var content = new StringContent(Timeout("t", "1s"), Encoding.UTF8, type);
        using var answer = await target.Client.PutAsync($"{Timeouts}/t", content, Cancelled);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Theory]
    [InlineData("text/xml", false)]
    [InlineData("application/xml, image/*", false)]
    [InlineData("application/json", true)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true)]
    [InlineData("application/*;q=0.1", true)]
    public async Task Accept_OfNothingThatIsGiven_IsNotAcceptable(string accept, bool accepted)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "/meshes");
        message.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await target.Client.SendAsync(message, Cancelled);
        Assert.Equal(accepted ? HttpStatusCode.OK : HttpStatusCode.NotAcceptable, answer.StatusCode);
    }

    [Fact]
    public async Task Address_AndBody_MustAgree()
    {
        Assert.Equal(["name"], await FieldsAsync($"{Timeouts}/other", Timeout("t", "1s")));
        Assert.Equal(["mesh"], await FieldsAsync($"{Timeouts}/t", Timeout("t", "1s", "default")));
        Assert.Equal([""], await FieldsAsync($"{Timeouts}/t", Timeout("t", "1s").Replace("MeshTimeout", "MeshRetry", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("under_score")]
    [InlineData("-dash")]
    public async Task Name_ThatIsNoSubdomain_IsRefused(string name) =>
        Assert.Equal(["name"], await FieldsAsync($"{Timeouts}/{name}", Timeout(name, "1s")));

    [Fact]
    public async Task Name_OfMoreThan253Characters_IsRefused()
    {
        var name = new string('a', 254);
        Assert.Equal(["name"], await FieldsAsync($"{Timeouts}/{name}", Timeout(name, "1s")));
    }

    [Fact]
    public async Task Labels_AreCheckedOneByOne() => Assert.Equal(
        ["labels[\"bad key!\"]", "labels[\"k\"]"],
        await FieldsAsync($"{Timeouts}/t", Timeout("t", "1s", labels: """{"bad key!":"x","k":"bad value!"}""")));

    [Fact]
    public async Task Origin_OfAZone_IsRefusedAtGlobal() => Assert.Equal(
        ["labels[\"kuma.io/origin\"]"],
        await FieldsAsync($"{Timeouts}/t", Timeout("t", "1s", labels: """{"kuma.io/origin":"zone"}""")));

    [Fact]
    public async Task Rules_AreReportedAllAtOnce_InBothForms()
    {
        var body = $$$"""{"type":"MeshTimeout","mesh":"{{{target.Mesh}}}","name":"t","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"0s"}},{"targetRef":{"kind":"Mesh"},"default":{"idleTimeout":"-1s"}}]}}""";
        var error = AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/t", body), 400, "Could not process a resource", "Resource is not valid");
        Assert.Equal(["spec.to[0].default.connectionTimeout", "spec.to[1].default.idleTimeout"], Fields(error));
        Assert.Equal(
            error["invalid_parameters"]!.AsArray().Select(p => ((string)p!["field"]!, (string)p["reason"]!)),
            error["causes"]!.AsArray().Select(c => ((string)c!["field"]!, (string)c["message"]!)));
    }

    [Fact]
    public async Task Shape_IsCheckedBeforeTheRules()
    {
        var body = $$$"""{"type":"MeshTimeout","mesh":"{{{target.Mesh}}}","name":"t","spec":{"to":"abc"}}""";
        Assert.Equal(["spec.to"], await FieldsAsync($"{Timeouts}/t", body));
    }

    [Fact]
    public async Task Deprecations_AreWarnedOf()
    {
        var body = $$$"""{"type":"MeshTimeout","mesh":"{{{target.Mesh}}}","name":"old","spec":{"targetRef":{"kind":"MeshSubset","tags":{"a":"b"}},"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"1s"}}]}}""";
        var (status, text) = await TryPutAsync($"{Timeouts}/old", body);
        Assert.Equal(HttpStatusCode.Created, status);
        Assert.Contains("deprecated", (string)Assert.Single(JsonNode.Parse(text)!["warnings"]!.AsArray())!);
    }

    [Theory]
    [InlineData("/mesh-insights/default", """{"type":"MeshInsight","name":"default"}""")]
    [InlineData("/meshes/MESH/dataplanes/d", """{"type":"Dataplane","mesh":"MESH","name":"d"}""")]
    [InlineData("/meshes/MESH/meshservices/s", """{"type":"MeshService","mesh":"MESH","name":"s","spec":{}}""")]
    [InlineData("/zoneingresses/i", """{"type":"ZoneIngress","name":"i"}""")]
    public async Task Kinds_OfTheOtherSide_AreReadOnlyAtGlobal(string path, string body)
    {
        path = path.Replace("MESH", target.Mesh, StringComparison.Ordinal);
        AssertError(await SendAsync(HttpMethod.Put, path, body.Replace("MESH", target.Mesh, StringComparison.Ordinal)), 405, "Method not allowed");
        AssertError(await SendAsync(HttpMethod.Delete, path), 405, "Method not allowed");
    }

    [Fact]
    public async Task Path_ThatIsUnknown_IsNotFoundInPlainText()
    {
        using var answer = await SendAsync(HttpMethod.Get, "/no/such/path/at/all");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("POST", "/meshes/MESH/meshtimeouts")]
    [InlineData("PATCH", "/meshes/MESH/meshtimeouts/t")]
    [InlineData("PUT", "/meshes/MESH/meshtimeouts")]
    [InlineData("PATCH", "/meshes/MESH")]
    [InlineData("POST", "/zones/z")]
    public async Task Method_ThatIsUnknown_IsNotAllowedInPlainText(string method, string path)
    {
        using var answer = await SendAsync(new HttpMethod(method), path.Replace("MESH", target.Mesh, StringComparison.Ordinal), "{}");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task NewMesh_GetsItsKeyAndItsFirstPolicies_AndTakesThemWithIt()
    {
        var mesh = await target.NewMeshAsync();
        Assert.Equal([$"dataplane-token-signing-key-{mesh}-1"], await NamesAsync($"/meshes/{mesh}/secrets"));
        Assert.Equal([$"mesh-gateways-timeout-all-{mesh}", $"mesh-timeout-all-{mesh}"], await NamesAsync($"/meshes/{mesh}/meshtimeouts"));
        Assert.Equal([$"mesh-circuit-breaker-all-{mesh}"], await NamesAsync($"/meshes/{mesh}/meshcircuitbreakers"));
        Assert.Equal([$"mesh-retry-all-{mesh}"], await NamesAsync($"/meshes/{mesh}/meshretries"));
        Assert.Empty(await NamesAsync($"/meshes/{mesh}/meshtrafficpermissions"));

        Assert.Equal((HttpStatusCode.OK, "{}"), await TryAsync(HttpMethod.Delete, $"/meshes/{mesh}"));
        AssertError(await SendAsync(HttpMethod.Get, $"/meshes/{mesh}/secrets"), 404, "Failed to retrieve Mesh");
        Assert.DoesNotContain($"mesh-retry-all-{mesh}", await NamesAsync("/meshretries?size=1000"));
    }

    [Fact]
    public async Task NewMesh_ThatSkipsPolicies_GetsItsKeyOnly()
    {
        Assert.Equal([$"dataplane-token-signing-key-{target.Mesh}-1"], (await NamesAsync($"/meshes/{target.Mesh}/secrets?name=signing-key")));
        var one = await target.NewMeshAsync("""["MeshTimeout","MeshRetry"]""");
        Assert.Empty(await NamesAsync($"/meshes/{one}/meshtimeouts"));
        Assert.Single(await NamesAsync($"/meshes/{one}/meshcircuitbreakers"));
    }

    [Fact]
    public async Task BuiltinBackend_GetsItsSecrets_WhichCannotBeDeletedWhileUsed()
    {
        var mesh = await target.NewMeshAsync("""["*"]""");
        await PutAsync($"/meshes/{mesh}", $$$"""{"type":"Mesh","name":"{{{mesh}}}","mtls":{"enabledBackend":"ca-1","backends":[{"name":"ca-1","type":"builtin"}]}}""");
        Assert.Equal([$"{mesh}.ca-builtin-cert-ca-1", $"{mesh}.ca-builtin-key-ca-1"], await NamesAsync($"/meshes/{mesh}/secrets?name=ca-builtin"));
        var error = AssertError(await SendAsync(HttpMethod.Delete, $"/meshes/{mesh}/secrets/{mesh}.ca-builtin-cert-ca-1"), 400, "Could not delete a resource");
        Assert.Equal(["name"], Fields(error));

        var change = $$$"""{"type":"Mesh","name":"{{{mesh}}}","mtls":{"enabledBackend":"ca-2","backends":[{"name":"ca-2","type":"builtin"}]}}""";
        error = AssertError(await SendAsync(HttpMethod.Put, $"/meshes/{mesh}", change), 400, "Failed to update a resource");
        Assert.Equal(["mtls.enabledBackend"], Fields(error));
    }

    [Fact]
    public async Task OlderKinds_KeepTheirFieldsAtTheTop()
    {
        var path = $"/meshes/{target.Mesh}/traffic-permissions/tp";
        await PutAsync(path, $$"""{"type":"TrafficPermission","mesh":"{{target.Mesh}}","name":"tp","sources":[{"match":{"kuma.io/service":"*"} }],"destinations":[{"match":{"kuma.io/service":"*"} }]}""");
        var stored = await GetAsync(path);
        Assert.Equal(["type", "mesh", "name", "creationTime", "modificationTime", "labels", "sources", "destinations"], stored.AsObject().Select(m => m.Key));

        AssertError(await SendAsync(HttpMethod.Put, path, $$"""{"type":"TrafficPermission","mesh":"{{target.Mesh}}","name":"tp","sources":"all"}"""), 400, "Bad Request");
        Assert.Equal(["type"], await FieldsAsync(path, $$"""{"type":"TrafficLog","mesh":"{{target.Mesh}}","name":"tp","sources":[{"match":{"a":"b"} }],"destinations":[{"match":{"a":"b"} }]}"""));
    }

    [Fact]
    public async Task Secrets_AreBase64_UnderBothPaths()
    {
        var name = $"secret-{Guid.NewGuid():N}"[..16];
        await PutAsync($"/global-secrets/{name}", $$"""{"type":"GlobalSecret","name":"{{name}}","data":"aGVsbG8="}""");
        Assert.Equal("aGVsbG8=", (string)(await GetAsync($"/globalsecrets/{name}"))["data"]!);
        AssertError(await SendAsync(HttpMethod.Put, $"/global-secrets/{name}", $$"""{"type":"GlobalSecret","name":"{{name}}","data":"%%%"}"""), 400, "Bad Request");
        Assert.Equal((HttpStatusCode.OK, "{}"), await TryAsync(HttpMethod.Delete, $"/global-secrets/{name}"));
    }

    [Theory]
    [InlineData("/zone-ingresses")]
    [InlineData("/zoneingresses/_overview")]
    [InlineData("/zones/_overview")]
    [InlineData("/zones+insights")]
    [InlineData("/dataplanes/_overview")]
    [InlineData("/dataplanes+insights")]
    [InlineData("/zoneegressoverviews")]
    [InlineData("/service-insights")]
    [InlineData("/mesh-insights")]
    [InlineData("/zone-insights")]
    public async Task Lists_OfEverySort_HaveTheSameEnvelope(string path)
    {
        var list = await GetAsync(path);
        Assert.Equal(["total", "items", "next"], list.AsObject().Select(m => m.Key));
    }

    [Fact]
    public async Task Kri_FindsAResource()
    {
        await PutAsync($"{Timeouts}/by-kri", Timeout("by-kri", "1s"));
        Assert.Equal("by-kri", (string)(await GetAsync($"/_kri/kri_mt_{target.Mesh}___by-kri_"))["name"]!);
        AssertError(await SendAsync(HttpMethod.Get, $"/_kri/kri_mt_{target.Mesh}___nobody_"), 404, "Could not retrieve a resource");
        AssertError(await SendAsync(HttpMethod.Get, "/_kri/kri_bad"), 400, "Bad Request");
    }

    [Fact]
    public async Task Format_ShowsTheKubernetesObject()
    {
        await PutAsync($"{Timeouts}/k8s", Timeout("k8s", "1s"));
        var form = await GetAsync($"{Timeouts}/k8s?format=kubernetes&namespace=mesh");
        Assert.Equal("MeshTimeout", (string)form["kind"]!);
        Assert.Equal("kuma.io/v1alpha1", (string)form["apiVersion"]!);
        Assert.Equal(("k8s", "mesh"), ((string)form["metadata"]!["name"]!, (string)form["metadata"]!["namespace"]!));
        Assert.Equal("MeshTimeout", (string)(await GetAsync($"{Timeouts}/k8s?format=universal"))["type"]!);
        AssertError(await SendAsync(HttpMethod.Get, $"{Timeouts}/k8s?format=bogus"), 400, "Could not retrieve a resource");
    }

    [Theory]
    [InlineData("_resources/dataplanes", "total,items")]
    [InlineData("dataplanes", "total,items")]
    public async Task Policy_NamesTheProxiesItSelects(string endpoint, string members)
    {
        await PutAsync($"{Timeouts}/inspected", Timeout("inspected", "1s"));
        var answer = await GetAsync($"{Timeouts}/inspected/{endpoint}");
        Assert.Equal(members.Split(','), answer.AsObject().Select(m => m.Key).Order(StringComparer.Ordinal).Reverse());
        Assert.Equal(0, (int)answer["total"]!);
    }

    [Fact]
    public async Task Ours_HyphenOfKumactl_IsUnderstood()
    {
        OnlyOurs();
        await PutAsync($"{Timeouts}/hyphen", Timeout("hyphen", "1s"));
        Assert.Equal(0, (int)(await GetAsync($"{Timeouts}/hyphen/-resources/dataplanes"))["total"]!);
    }

    [Theory]
    [InlineData("/tokens/dataplane", """{"name":"dp","mesh":"MESH","validFor":"1h"}""")]
    [InlineData("/tokens/zone", """{"zone":"lab","scope":["ingress"],"validFor":"1h"}""")]
    [InlineData("/tokens/user", """{"name":"john","groups":["team"],"validFor":"1h"}""")]
    public async Task Token_IsAJwtInPlainText(string path, string body)
    {
        using var answer = await SendAsync(HttpMethod.Post, path, body.Replace("MESH", target.Mesh, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType?.MediaType);
        Assert.Matches("^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$", await answer.Content.ReadAsStringAsync(Cancelled));
    }

    [Theory]
    [InlineData("/tokens/dataplane", "{}", "mesh")]
    [InlineData("/tokens/dataplane", """{"mesh":"MESH","type":"zzz"}""", "type")]
    [InlineData("/tokens/dataplane", """{"mesh":"MESH","validFor":"abc"}""", "validFor")]
    [InlineData("/tokens/zone", "{}", "scope")]
    [InlineData("/tokens/user", "{}", "name,validFor")]
    public async Task Token_WithoutWhatItNeeds_IsRefusedAtTheField(string path, string body, string fields)
    {
        var error = AssertError(await SendAsync(HttpMethod.Post, path, body.Replace("MESH", target.Mesh, StringComparison.Ordinal)), 400, "Invalid request");
        Assert.Equal(fields.Split(','), Fields(error));
    }

    [Fact]
    public async Task GlobalInsight_CountsEverything()
    {
        var insight = await GetAsync("/global-insight");
        Assert.True((int)insight["meshes"]!["total"]! >= 1);
        Assert.All((string[])["createdAt", "services", "zones", "dataplanes", "policies", "meshes", "resources"], member => Assert.True(insight.AsObject().ContainsKey(member)));
    }

    // What follows are additions and wanted differences of MeshConsole.

    [Theory]
    [InlineData("GET", "/meshes", 401)]
    [InlineData("GET", "/_resources", 401)]
    [InlineData("GET", "/config", 401)]
    [InlineData("GET", "/who-am-i", 401)]
    [InlineData("GET", "/global-insight", 401)]
    [InlineData("PUT", "/meshes/m9", 401)]
    [InlineData("DELETE", "/meshes/default", 401)]
    [InlineData("GET", "/meshes/default/secrets", 403)] // as Kuma says it
    [InlineData("POST", "/tokens/user", 403)]
    public async Task Ours_Anonymous_MayDoNothing(string method, string path, int status)
    {
        OnlyOurs();
        using var message = new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "GET" ? null : Json("{}") };
        using var answer = await target.Anonymous.SendAsync(message, Cancelled);
        AssertError(answer, status, status == 401 ? "Invalid authentication data" : "Access Denied");
    }

    [Fact]
    public async Task Ours_UnknownField_IsStoredAndWarnedOf()
    {
        OnlyOurs();
        var body = $$$"""{"type":"MeshTimeout","mesh":"{{{target.Mesh}}}","name":"typo","spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"1s","idleTimeOut":"1h"}}]}}""";
        var (status, text) = await TryPutAsync($"{Timeouts}/typo", body);
        Assert.Equal(HttpStatusCode.Created, status);
        var warning = (string)Assert.Single(JsonNode.Parse(text)!["warnings"]!.AsArray())!;
        Assert.Contains("spec.to[0].default.idleTimeOut", warning);
        Assert.Contains("idleTimeout", warning);
        Assert.Equal("1h", (string)(await GetAsync($"{Timeouts}/typo"))["spec"]!["to"]![0]!["default"]!["idleTimeOut"]!);
    }

    [Fact]
    public async Task Ours_DryRun_ChecksAndStoresNothing()
    {
        OnlyOurs();
        Assert.Equal(HttpStatusCode.OK, (await TryPutAsync($"{Timeouts}/dry?dryRun=true", Timeout("dry", "1s"))).Status);
        AssertError(await SendAsync(HttpMethod.Get, $"{Timeouts}/dry"), 404, "Could not retrieve a resource");
        AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/dry?dryRun=true", Timeout("dry", "0s")), 400, "Could not process a resource");
    }

    [Theory]
    [InlineData("dryRun=yes")]
    [InlineData("dryRun=1")]
    [InlineData("dryRun")]
    [InlineData("dryRun=True")]
    [InlineData("dryRun=true&dryRun=false")]
    public async Task Ours_DryRunThatIsNeitherTrueNorFalse_WritesNothing(string query)
    {
        OnlyOurs();
        var error = AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/dry-odd?{query}", Timeout("dry-odd", "1s")), 400, "Could not process a resource");
        Assert.Equal(["dryRun"], Fields(error));
        AssertError(await SendAsync(HttpMethod.Get, $"{Timeouts}/dry-odd"), 404, "Could not retrieve a resource");
        AssertError(await SendAsync(HttpMethod.Delete, $"/zones/none/_admission?{query}"), 400, "Could not process a resource");
    }

    [Fact]
    public async Task Ours_AdmissionOfAZoneThatDoesNotExist_SaysHowToCreateIt()
    {
        OnlyOurs();
        var error = AssertError(await SendAsync(HttpMethod.Put, "/zones/none/_admission", """{"networks":["10.0.0.0/8"]}"""), 404, "Could not process the admission");
        Assert.StartsWith("There is no Zone \"none\". Create it first", (string)error["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ours_DryRunOfANewResource_HasADiffThatPatchUnderstands()
    {
        OnlyOurs();
        var diff = (string)JsonNode.Parse((await TryPutAsync($"{Timeouts}/dry-new?dryRun=true", Timeout("dry-new", "1s"))).Text)!["diff"]!;
        Assert.Contains("\n@@ -0,0 +1,", diff);
        Assert.DoesNotContain("\n+\n", diff);
        await PutAsync($"{Timeouts}/dry-new", Timeout("dry-new", "1s"));
        diff = (string)JsonNode.Parse((await TryAsync(HttpMethod.Delete, $"{Timeouts}/dry-new?dryRun=true")).Text)!["diff"]!;
        Assert.Contains(" +0,0 @@\n-type: MeshTimeout\n", diff);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/meshes")]
    [InlineData("/meshes/MESH")]
    [InlineData("/meshes/MESH/meshtimeouts")]
    public async Task Ours_Head_IsGetWithoutABody(string path)
    {
        OnlyOurs();
        path = path.Replace("MESH", target.Mesh, StringComparison.Ordinal);
        using var head = await SendAsync(HttpMethod.Head, path);
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal("", await head.Content.ReadAsStringAsync(Cancelled));
        Assert.Equal("application/json", head.Content.Headers.ContentType?.MediaType);
        using var gone = await SendAsync(HttpMethod.Head, $"{Timeouts}/none");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Ours_MethodThatIsUnknown_IsToldTheOnesThereAre()
    {
        OnlyOurs();
        using var answer = await SendAsync(HttpMethod.Options, $"/meshes/{target.Mesh}");
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(["DELETE", "GET", "HEAD", "PUT"], answer.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Ours_PreconditionsOnWhetherItExists_AreKept()
    {
        OnlyOurs();
        var path = $"{Timeouts}/precondition";
        var any = EntityTagHeaderValue.Any;
        Assert.Contains("There is no such resource", (string)AssertError(await SendAsync(HttpMethod.Put, path, Timeout("precondition", "1s"), any), 412, "Precondition failed")["detail"]!);
        AssertError(await SendAsync(HttpMethod.Get, path), 404, "Could not retrieve a resource");
        await PutAsync(path, Timeout("precondition", "1s"));
        using var changed = await SendAsync(HttpMethod.Put, path, Timeout("precondition", "2s"), any);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        using var packed = await SendAsync(HttpMethod.Put, path, Timeout("precondition", "3s"), new EntityTagHeaderValue(changed.Headers.ETag!.Tag, isWeak: true));
        Assert.Equal(HttpStatusCode.OK, packed.StatusCode);

        using var create = new HttpRequestMessage(HttpMethod.Put, path) { Content = Json(Timeout("precondition", "4s")) };
        create.Headers.IfNoneMatch.Add(any);
        using var refused = await target.Client.SendAsync(create, Cancelled);
        Assert.Contains("There is such a resource already", (string)AssertError(refused, 412, "Precondition failed")["detail"]!);
    }

    [Fact]
    public async Task Ours_MisspeltFieldThatBreaksARule_IsNamedBesideTheRule()
    {
        OnlyOurs();
        var body = Timeout("misspelt", "1s").Replace("connectionTimeout", "connectionTimeouts", StringComparison.Ordinal);
        var error = AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/misspelt", body), 400, "Could not process a resource");
        Assert.Equal(["spec.to[0].default"], Fields(error));
        Assert.Equal("unknown field 'spec.to[0].default.connectionTimeouts' has no effect, did you mean 'connectionTimeout'?", (string)Assert.Single(error["warnings"]!.AsArray())!);
    }

    [Fact]
    public async Task Ours_SecretThatIsNoBase64_NamesTheField()
    {
        OnlyOurs();
        var error = AssertError(await SendAsync(HttpMethod.Put, $"/meshes/{target.Mesh}/secrets/plain", $$"""{"type":"Secret","mesh":"{{target.Mesh}}","name":"plain","data":"my password"}"""), 400, "Bad Request");
        Assert.Equal(["data"], Fields(error));
        Assert.DoesNotContain("my password", error.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ours_TokenRequestOfAWrongType_NamesTheField()
    {
        OnlyOurs();
        var error = AssertError(await SendAsync(HttpMethod.Post, "/tokens/dataplane", """{"mesh":"default","tags":{"team":"blue"}}"""), 400, "Bad Request");
        Assert.Equal(["tags.team"], Fields(error));
    }

    [Fact]
    public async Task Ours_IfMatch_StopsTheSecondOfTwoEditors()
    {
        OnlyOurs();
        var path = $"{Timeouts}/edited";
        await PutAsync(path, Timeout("edited", "1s"));
        using var seen = await SendAsync(HttpMethod.Get, path);
        var tag = seen.Headers.ETag!;
        using var first = await SendAsync(HttpMethod.Put, path, Timeout("edited", "2s"), tag);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using var second = await SendAsync(HttpMethod.Put, path, Timeout("edited", "3s"), tag);
        var error = AssertError(second, 412, "Precondition failed");
        Assert.Equal("2s", (string)error["current"]!["spec"]!["to"]![0]!["default"]!["connectionTimeout"]!);
        Assert.Equal(first.Headers.ETag, second.Headers.ETag);
    }

    [Fact]
    public async Task Ours_Revisions_AreListedAndCanBeReturnedTo()
    {
        OnlyOurs();
        var path = $"{Timeouts}/history";
        await PutAsync(path, Timeout("history", "1s"));
        await PutAsync(path, Timeout("history", "2s"));
        var revisions = (await GetAsync($"{path}/revisions"))["items"]!.AsArray();
        Assert.Equal(["updated", "created"], revisions.Select(r => (string)r!["operation"]!));
        Assert.Equal(HttpStatusCode.OK, (await TryAsync(HttpMethod.Post, $"{path}/revisions/{(long)revisions[1]!["revision"]!}/revert")).Status);
        Assert.Equal("1s", (string)(await GetAsync(path))["spec"]!["to"]![0]!["default"]!["connectionTimeout"]!);
    }

    [Fact]
    public async Task Ours_BodyOfMoreThanOneMebibyte_IsTooLarge()
    {
        OnlyOurs();
        AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/big", Timeout("big", new string('1', 1_100_000))), 413, "Request too large");
    }

    [Fact]
    public async Task Ours_KeyTwiceAndDeepNesting_AreBadRequests()
    {
        OnlyOurs();
        AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/t", """{"type":"MeshTimeout","type":"MeshTimeout"}"""), 400, "Bad Request");
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 500)) + "1" + new string('}', 500);
        AssertError(await SendAsync(HttpMethod.Put, $"{Timeouts}/t", deep), 400, "Bad Request");
    }

    private void OnlyOurs() => Assert.SkipUnless(target.IsMeshConsole, "An addition of MeshConsole.");

    private string Timeout(string name, string connection, string? mesh = null, string labels = "{}") =>
        $$$"""{"type":"MeshTimeout","mesh":"{{{mesh ?? target.Mesh}}}","name":"{{{name}}}","labels":{{{labels}}},"spec":{"to":[{"targetRef":{"kind":"Mesh"},"default":{"connectionTimeout":"{{{connection}}}"}}]}}""";

    private static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null, EntityTagHeaderValue? ifMatch = null)
    {
        using var message = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
        if (ifMatch is not null)
        {
            message.Headers.IfMatch.Add(ifMatch);
        }

        var answer = await target.Client.SendAsync(message, Cancelled);
        await answer.Content.LoadIntoBufferAsync(Cancelled);
        return answer;
    }

    private async Task<(HttpStatusCode Status, string Text)> TryAsync(HttpMethod method, string path, string? body = null)
    {
        using var answer = await SendAsync(method, path, body);
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        return (answer.StatusCode, text.Trim());
    }

    private Task<(HttpStatusCode Status, string Text)> TryPutAsync(string path, string body) => TryAsync(HttpMethod.Put, path, body);

    private async Task PutAsync(string path, string body)
    {
        var (status, text) = await TryPutAsync(path, body);
        Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Created, $"PUT {path}: {status} {text}");
    }

    private async Task<JsonNode> GetAsync(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path);
        var text = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"GET {path}: {answer.StatusCode} {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        return JsonNode.Parse(text)!;
    }

    private async Task<IReadOnlyList<string>> NamesAsync(string path) =>
        [.. (await GetAsync(path))["items"]!.AsArray().Select(i => (string)i!["name"]!)];

    private async Task<IReadOnlyList<string>> FieldsAsync(string path, string body)
    {
        using var answer = await SendAsync(HttpMethod.Put, path, body);
        return Fields(AssertError(answer, 400, "Could not process a resource", "Resource is not valid"));
    }

    private static IReadOnlyList<string> Fields(JsonNode error) =>
        [.. error["invalid_parameters"]!.AsArray().Select(p => (string)p!["field"]!).Order(StringComparer.Ordinal)];

    private static JsonNode AssertError(HttpResponseMessage answer, int status, string title, string? detail = null)
    {
        var text = answer.Content.ReadAsStringAsync(Cancelled).GetAwaiter().GetResult();
        Assert.True((int)answer.StatusCode == status, $"{(int)answer.StatusCode} {text}");
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        var error = JsonNode.Parse(text)!;
        Assert.Equal("/std-errors", (string)error["type"]!);
        Assert.Equal(status, (int)error["status"]!);
        Assert.Equal(title, (string)error["title"]!);
        Assert.Equal((string)error["detail"]!, (string)error["details"]!);
        Assert.NotEmpty((string)error["detail"]!);
        Assert.True(detail is null || detail == (string)error["detail"]!, (string)error["detail"]!);
        return error;
    }
}
