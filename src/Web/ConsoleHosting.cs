using MeshConsole.ControlPlane.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MeshConsole.ControlPlane.Store;
using MeshConsole.Web.Components;
using MeshConsole.Web.Live;
using MudBlazor;
using MudBlazor.Services;

namespace MeshConsole.Web;

/// <summary>
/// The console: a branch under <c>/gui</c> with routing of its own, so that no page answers where REST lives and no REST path
/// answers here.
/// </summary>
public static class ConsoleHosting
{
    /// <summary>Where the console lives.</summary>
    public const string Path = "/gui";

    private const string ContentPolicy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    private static readonly AuthorizationPolicy SignedIn = new AuthorizationPolicyBuilder(ConsoleSession.Scheme).RequireAuthenticatedUser().Build();

    /// <summary>Registers what the console needs. The engine's services must be there as well.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.AddRazorComponents().AddInteractiveServerComponents(o => o.DetailedErrors = false);
        services.AddMudServices(o => o.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomRight);
        services.AddCascadingAuthenticationState();
        services.AddAntiforgery(o => o.Cookie.Name = "mc-form");
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(p => p.GetRequiredService<ResourceStore>().World);
        services.AddScoped<ViewClock>();
        services.AddSingleton<EstateReader>();
        services.AddScoped<AuthenticationStateProvider, SessionRevalidation>();
        services.AddScoped<CurrentActor>();
        return services;
    }

    /// <summary>Opens the console under <see cref="Path"/>.</summary>
    public static WebApplication MapConsole(this WebApplication app)
    {
        app.Map(Path, console =>
        {
            console.Use((context, next) =>
            {
                // What the outer router may have chosen (a catch-all of REST) has no say here.
                context.SetEndpoint(null);
                context.Features.Get<IRouteValuesFeature>()?.RouteValues.Clear();
                if (!context.Request.Path.HasValue)
                {
                    context.Response.Redirect(context.Request.PathBase + "/" + context.Request.QueryString);
                    return Task.CompletedTask;
                }

                var headers = context.Response.Headers;
                headers.ContentSecurityPolicy = ContentPolicy;
                headers.XContentTypeOptions = "nosniff";
                headers["Referrer-Policy"] = "same-origin";
                return next(context);
            });
            console.UseWhen(
                c => HttpMethods.IsGet(c.Request.Method) && !c.Request.Path.StartsWithSegments("/_blazor") && !c.Request.Path.StartsWithSegments("/_framework"),
                pages => pages.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true));
            console.UseRouting();
            console.UseAuthorization(); // who it is was found out before the branch
            console.UseAntiforgery();
            console.UseEndpoints(endpoints =>
            {
                endpoints.MapStaticAssets();
                endpoints.MapPost("/signout", SignOutAsync).RequireAuthorization(SignedIn);
                endpoints.MapRazorComponents<App>()
                    .AddInteractiveServerRenderMode(o => o.ContentSecurityFrameAncestorsPolicy = null)
                    .RequireAuthorization(SignedIn);
            });
        });
        return app;
    }

    // The form parameter is not used: it makes the framework check the antiforgery token.
    private static async Task<IResult> SignOutAsync(HttpContext context, [FromForm] string? returnUrl)
    {
        _ = returnUrl;
        await ConsoleSession.SignOutAsync(context);
        return Results.LocalRedirect(context.Request.PathBase + "/sign-in");
    }
}
