using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace MeshConsole.ControlPlane.Store.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class DropAdmissions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Admissions");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Admissions",
                columns: table => new
                {
                    Zone = table.Column<string>(type: "text", nullable: false),
                    Networks = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Admissions", x => x.Zone);
                });
        }
    }
}
